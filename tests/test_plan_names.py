"""What the modules of a plan are called."""

from __future__ import annotations

import ast

import pytest

from exai_audit.collectors import members_of
from exai_audit.collectors.structure.symbols import module_symbols
from exai_audit.files.source import decode
from exai_audit.planning.decomposition.naming import names_of, responsibilities
from exai_audit.words import plural, words_of


def name_of(text: str, stem: str = "service") -> str:
    """Return what a module of all symbols of ``text`` is called, split from the module ``stem``."""
    source = decode("service.py", text.encode())
    module = module_symbols(source, ast.parse(text))
    assert module is not None
    named = [number for number, symbol in enumerate(module.symbols) if symbol.names]
    (found,) = responsibilities(module, [named], stem)
    return found.name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("HTTPServerRequest", ("http", "server", "request")),
        ("parse_https_urls", ("parse", "https", "url")),
        ("LoginMixIn", ("login", "mixin")),
        ("JSONencoder", ("json", "encoder")),
    ],
)
def test_abbreviations_are_words(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("word", "several"), [("http", "http"), ("data", "data"), ("query", "queries"), ("url", "urls")]
)
def test_what_has_no_plural_stays(word: str, several: str) -> None:
    assert plural(word) == several


@pytest.mark.parametrize(
    ("text", "stem", "name"),
    [
        ("class SSLConnection:\n    x = 1\n    y = 2\n", "connection", "ssl_connection"),
        ("class HTTPHeaders:\n    x = 1\n    y = 2\n", "httputil", "headers"),
        ("class PrefixFileLoader:\n    x = 1\n    y = 2\n", "service", "file_loader"),
        ("def remap(x):\n    return x\n", "iterutils", "remapping"),
        ("def demo(x):\n    return x\n", "trees", "demos"),
    ],
    ids=["adjective", "own name", "two words", "verb", "thing"],
)
def test_one_symbol_gives_its_name(text: str, stem: str, name: str) -> None:
    assert name_of(text, stem) == name


def test_exceptions_of_few_lines_do_not_name_a_module() -> None:
    faults = "".join(f"class {name}Error(Exception):\n    pass\n" for name in ("A", "B", "C"))
    assert name_of(faults) == "errors"
    assert name_of(faults + "class RouteTable:\n" + "    x = 1\n" * 20) == "route_table"


@pytest.mark.parametrize(
    "text",
    [
        "def _parseparam(s):\n    return s\ndef of_parseparam(s):\n    return s\n",
        "def is_ipv4(s):\n    return s\ndef is_ipv6(s):\n    return s\n",
        "def _unbind_x(s):\n    return s\ndef try_unbind(s):\n    return s\n",
    ],
    ids=["glued", "stump", "verb"],
)
def test_what_is_no_noun_names_no_module(text: str) -> None:
    assert name_of(text) not in {"parseparam", "ipv", "ipvs", "unbind", "unbinds"}


def test_a_kind_of_classes_names_a_module() -> None:
    text = "".join(f"class {name}Type:\n    x = 1\n    y = 2\n" for name in ("Any", "Basic", "Big"))
    assert name_of(text) == "types"


def names_of_two(text: str, first: int) -> list[str]:
    """Return the names of two modules: of the first so many symbols of ``text``, and the rest."""
    module = module_symbols(decode("service.py", text.encode()), ast.parse(text))
    assert module is not None
    numbers = range(len(module.symbols))
    found = responsibilities(module, [numbers[:first], numbers[first:]], "service")
    return [one.name for one in found]


def test_functions_that_answer_requests_are_endpoints_beside_others() -> None:
    answers = "".join(f"def {name}(request):\n    return 1\n" for name in ("orders", "mails"))
    plain = "".join(f"def load_{name}(path):\n    return 1\n" for name in ("order", "order_list"))
    assert names_of_two(answers + plain, 2)[0] == "endpoints"
    both = answers + answers.replace("orders", "stocks").replace("mails", "prices")
    assert "endpoints" not in names_of_two(both, 2)


def test_a_decorator_that_wraps_makes_no_handler() -> None:
    methods = "".join(
        f"    @locked\n    def {n}_order(self):\n        self.x = 1\n" for n in "abcd"
    )
    assert method_name(f"class Shop:\n{methods}") != "handlers"
    assert method_name(f"class Shop:\n{methods.replace('@locked', '@bus.on()')}") == "handlers"


def method_name(text: str) -> str:
    """Return what a group of all methods of the class of ``text`` is called."""
    members = members_of(decode("service.py", text.encode()), "Shop")
    assert members is not None
    (name,) = names_of(members.methods, [range(len(members.methods))], "Shop", ())
    return name
