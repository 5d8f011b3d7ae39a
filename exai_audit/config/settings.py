"""The settings in force."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.caches import Layer
from exai_audit.facts.timeouts import Category
from exai_audit.files.glob import any_covers, covers
from exai_audit.files.nearest import nearest
from exai_audit.finding import Confidence, Family, Scope, Severity
from exai_audit.rulebook.registry import Rule, Scoped, option_key
from exai_audit.syntax.work import MOST_STEPS

# Ruff's list, and `build`.
_EXCLUDED_NAMES = (
    ".bzr .direnv .eggs .git .git-rewrite .hg .ipynb_checkpoints .mypy_cache .nox .pants.d .pyenv "
    ".pytest_cache .pytype .ruff_cache .svn .tox .venv .vscode __pypackages__ _build buck-out "
    "build dist node_modules site-packages venv"
)
DEFAULT_EXCLUDES = tuple(_EXCLUDED_NAMES.split())
# Whether files could be read at all is no matter of taste: only `ignore` silences these.
_ALWAYS_SELECTED = ("EXA0",)

_OF_THE_SCORE = (
    "select", "ignore", "extend_select", "scopes", "per_file_ignores", "min_confidence",
    "category_points", "rule_options", "overrides",
)  # fmt: skip

OF_THE_PLACE = frozenset(
    {
        "fail-under", "fail-on", "baseline", "fail-on-new", "max-drop", "min-confidence",
        "category-points", "alerts",
    }
)  # fmt: skip
"""The settings that gate and score a whole audit; folders cannot have their own."""

# The default of the rules about modules, in EXA101's options too: a test compares them.
_MODULE_LINES = 300


class Override(Struct, frozen=True):
    """Rule options, by settings key, and more rules for the files that one of ``paths`` covers."""

    paths: tuple[str, ...]
    options: tuple[tuple[str, object], ...]
    extend_select: tuple[str, ...] = ()


class FileChoice(Struct, frozen=True):
    """Which files are audited: patterns relative to the root, ``max_file_size`` in bytes,
    ``max_file_work`` in the steps of `exai_audit.syntax.work`.
    """

    excludes: tuple[str, ...]
    force_exclude: bool
    respect_gitignore: bool
    max_file_size: int
    max_file_work: int


class RuleChoice(Struct, frozen=True):
    """Which rules run where, and with which options; the fields are those of `Settings`.

    Where ``parts`` name a folder above a file, what is said there holds for it, and nothing else.
    """

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extend_select: tuple[str, ...]
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...]
    rule_options: tuple[tuple[str, object], ...]
    overrides: tuple[Override, ...]
    parts: tuple[tuple[str, RuleChoice], ...] = ()

    def selects(self, code: str) -> bool:
        """Tell whether a rule runs, but for parts: the longest prefix decides, of equals
        ``ignore``.
        """
        chosen = _specificity(code, (*self.select, *self.extend_select, *_ALWAYS_SELECTED))
        return chosen > _specificity(code, self.ignore)

    def selects_somewhere(self, code: str) -> bool:
        """Tell whether a rule runs in the project or a part of it."""
        return (
            self.selects(code)
            or any(_specificity(code, o.extend_select) for o in self.overrides)
            or any(part.selects_somewhere(code) for _, part in self.parts)
        )

    def selects_at(self, path: str, code: str) -> bool:
        """Tell whether a rule runs on the file ``path``."""
        part = nearest(path, self.parts)
        if part is not None:
            return part[0].selects_at(part[1], code)
        return self.selects(code) or any(
            _specificity(code, override.extend_select) and any_covers(override.paths, path)
            for override in self.overrides
        )

    def options(self, rule: Rule) -> Scoped[Any]:
        """Return the options of ``rule``, for the project and for its parts."""
        field_of = {option_key(name): name for name in rule.options.__struct_fields__}

        def own(options: tuple[tuple[str, object], ...]) -> tuple[tuple[str, object], ...]:
            return tuple((field_of[key], value) for key, value in options if key in field_of)

        overrides = ((override.paths, own(override.options)) for override in self.overrides)
        default = rule.options(**dict(own(self.rule_options)))
        parts = ((folder, part.options(rule)) for folder, part in self.parts)
        return Scoped(default, tuple(pair for pair in overrides if pair[1]), tuple(parts))

    def ignored_by(self, path: str, code: str) -> str | None:
        """Return the pattern of ``per-file-ignores`` that silences ``code`` in ``path``."""
        part = nearest(path, self.parts)
        if part is not None:
            return part[0].ignored_by(part[1], code)
        for pattern, prefixes in self.per_file_ignores:
            if _specificity(code, prefixes) and covers(pattern, path):
                return pattern
        return None


class ScoreChoice(Struct, frozen=True):
    """What the score is made of.

    ``points`` are those of categories where not the default, in any scale; ``comparable`` tells
    that nothing makes the score another than that of the reference set.
    """

    min_confidence: Confidence
    points: tuple[tuple[Family, float], ...]
    comparable: bool


class Settings(Struct, frozen=True):
    """All settings; field names are the settings keys in snake_case, ``scopes`` is ``scope``.

    Codes may be prefixes, paths are patterns relative to the root; ``knowledge`` names the user's
    own knowledge files and ``baseline`` the baseline, relative to the settings file,
    ``bridge_functions`` the dotted names of the project's own functions that run a coroutine and
    wait for it, ``cache_layers`` the words that sort a cache into a layer and
    ``timeout_categories`` those that sort a limit into a category. ``category_points`` are the
    points of the score's categories in any scale, where not the default. ``namespace_packages`` are
    folders that are packages without an ``__init__.py``. ``rule_options`` are the
    options given, by settings key; a rule's own defaults fill the rest. ``parts`` are the settings
    of folders that have their own, the deepest folder first: those of the nearest above it judge a
    file, and the patterns in them count from their folder.
    """

    select: tuple[str, ...] = ("EXA",)
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDES
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    scopes: tuple[Scope, ...] = (Scope.PRODUCTION, Scope.SCRIPTS)
    generated: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    min_confidence: Confidence = Confidence.MEDIUM
    category_points: tuple[tuple[Family, float], ...] = ()
    fail_under: float | str | None = None
    fail_on: Severity | None = None
    baseline: str | None = None
    fail_on_new: bool = False
    max_drop: float | None = None
    alerts: tuple[str, ...] = ()
    max_file_size: int = 1_000_000
    max_file_work: int = MOST_STEPS
    knowledge: tuple[str, ...] = ()
    bridge_functions: tuple[str, ...] = ()
    cache_layers: tuple[tuple[Layer, tuple[str, ...]], ...] = ()
    timeout_categories: tuple[tuple[Category, tuple[str, ...]], ...] = ()
    namespace_packages: tuple[str, ...] = ()
    rule_options: tuple[tuple[str, object], ...] = ()
    overrides: tuple[Override, ...] = ()
    parts: tuple[tuple[str, Settings], ...] = ()

    def without_gate(self) -> Settings:
        """Return the settings that decide what is found and scored, without those that judge it."""
        return replace(
            self,
            fail_under=None,
            fail_on=None,
            baseline=None,
            fail_on_new=False,
            max_drop=None,
            alerts=(),
            parts=tuple((folder, part.without_gate()) for folder, part in self.parts),
        )

    def at(self, path: str) -> Settings:
        """Return the settings that judge a file, by its path below the root."""
        part = nearest(path, self.parts)
        return part[0] if part is not None else self

    def judges(self, path: str, scope: Scope) -> bool:
        """Tell whether a file of this scope is judged, by the settings that hold for it."""
        own, below = nearest(path, self.parts) or (self, path)
        return scope in own.scopes and not any_covers(own.generated, below)

    def of_all(self, field: str) -> tuple[Any, ...]:
        """Return what a setting that is a list says here and in the parts, each once."""
        every = (self, *(part for _, part in self.parts))
        return tuple(dict.fromkeys(item for one in every for item in getattr(one, field)))

    @property
    def files(self) -> FileChoice:
        """Return which files are audited."""
        excludes = (*self.exclude, *self.extend_exclude)
        return FileChoice(
            excludes,
            self.force_exclude,
            self.respect_gitignore,
            self.max_file_size,
            self.max_file_work,
        )

    @property
    def rules(self) -> RuleChoice:
        """Return which rules run where."""
        names = (name for name in RuleChoice.__struct_fields__ if name != "parts")
        own = {name: getattr(self, name) for name in names}
        return RuleChoice(**own, parts=tuple((folder, part.rules) for folder, part in self.parts))

    @property
    def score(self) -> ScoreChoice:
        """Return what the score is made of."""
        default = Settings()
        every = (self, *(part for _, part in self.parts))
        plain = all(
            getattr(o, name) == getattr(default, name) for o in every for name in _OF_THE_SCORE
        )
        return ScoreChoice(self.min_confidence, self.category_points, plain)

    @property
    def module_limit(self) -> int:
        """The least number of lines that makes a module oversized anywhere in the project."""
        key = option_key("max_module_lines")
        given = [*self.rule_options, *(o for override in self.overrides for o in override.options)]
        limits = [value for name, value in given if name == key and isinstance(value, int)]
        is_set = any(name == key for name, _ in self.rule_options)
        least = min(limits if is_set else [*limits, _MODULE_LINES])
        return min([least, *(part.module_limit for _, part in self.parts)])


def _specificity(code: str, prefixes: tuple[str, ...]) -> int:
    """Return the length of the longest prefix that ``code`` answers to; ``ALL`` counts as 1."""
    lengths = [1 for prefix in prefixes if prefix == "ALL"]
    lengths += [len(prefix) for prefix in prefixes if code.startswith(prefix)]
    return max(lengths, default=0)
