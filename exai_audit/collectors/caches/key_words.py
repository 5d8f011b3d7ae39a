"""The vocabulary of keys: how many values there are of what is called so."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from exai_audit.knowledge.layers import words

# Values that are called so come from a set that the code or its configuration fixes.
_FIXED = frozenset({
    "adapter", "alias", "annotation", "arch", "attr", "attribute", "backend", "callable",
    "callback", "charset", "class", "classes", "cls", "codec", "codepage", "collation", "column",
    "config", "configuration", "currency", "decorator", "dialect", "driver", "dtype", "encoding",
    "engine", "env", "environment", "extension", "family", "field", "flag", "flags", "fn", "format",
    "func", "function", "handler", "hint", "kind", "klass", "lang", "language", "level", "locale",
    "method", "mode", "model", "models", "module", "namespace", "option", "options", "platform",
    "plugin", "prefix", "protocol", "provider", "schema", "scheme", "separator", "setting",
    "settings", "signature", "strict", "suffix", "symbol", "timezone", "tp", "typ", "type", "types",
    "tz", "unit", "units", "verbose", "version",
    "dpi", "height", "priority", "quality", "resolution", "size", "width", "zoom",
})  # fmt: skip
# Values that are called so come from outside: there is no end of them.
_OPEN = frozenset({
    "address", "article", "author", "body", "chat", "commit", "content", "contents",
    "coordinates", "customer", "date", "datetime", "day", "digest", "document", "domain", "email",
    "expression", "fingerprint", "guid", "guild", "hash", "host", "hostname", "href", "id",
    "identifier", "ids", "ip", "issue", "job", "lat", "latitude", "link", "login", "lon",
    "longitude", "mail", "member", "message", "messages", "msg", "order", "page", "payload",
    "phone", "phrase", "pk", "product", "prompt", "query", "question", "request", "sender",
    "sentence", "session", "sha", "sku", "sql", "statement", "task", "tenant", "text", "ticker",
    "ticket", "timestamp", "token", "tokens", "uid", "uri", "url", "urls", "user", "username",
    "uuid",
})  # fmt: skip
# Of these, what a service is asked about: each request can bring a new one.
_ASKED = frozenset({
    "article", "author", "body", "customer", "email", "id", "identifier", "ids", "ip", "job",
    "mail", "message", "messages", "msg", "order", "payload", "phone", "pk", "product", "prompt",
    "query", "question", "request", "sender", "session", "sku", "task", "tenant", "token", "tokens",
    "uid", "user", "username", "uuid",
})  # fmt: skip
# Where people meet: there are fewer of these, and what is kept for one is often a setting of it.
MEETING = frozenset({"channel", "chat", "group", "guild", "room"})
_NUMBERS = frozenset({"id", "identifier", "ids", "pk", "uid"})
# Of these, what says that the configuration knows all of them: ``database_url``.
_OF_SERVICES = frozenset({
    "api", "base", "broker", "connection", "database", "db", "endpoint", "jwks", "proxy", "redis",
    "server", "store", "tracking",
})  # fmt: skip
# A job's name is written where the job is defined: these have as many names as the program says.
_DEFINED = frozenset({"article", "document", "id", "job", "message", "page", "query", "task"})
_PLACES = frozenset(
    {"address", "domain", "host", "hostname", "path", "paths", "uri", "url", "urls"}
)
_FIXED_ALONE = frozenset({"name", "names", "status"})
DIGESTS = frozenset({
    "checksum", "digest", "etag", "fingerprint", "hash", "md5", "sha", "sha1", "sha256",
})  # fmt: skip


@lru_cache(maxsize=16384)
def name_words(*names: str) -> tuple[str, ...]:
    """Return the words of names, each of those that are written together alone."""
    return tuple(part for word in words(*names) for part in _parts(word))


def _parts(word: str) -> tuple[str, ...]:
    """Return the words of one that is written together: ``userid``."""
    whose = word.removesuffix("id")
    return (whose, "id") if whose != word and whose in _OPEN else (word,)


def has_few_values(name: str) -> bool:
    """Tell whether what is called so comes from a fixed set: backends, languages, formats."""
    parts = set(name_words(name))
    return name in _FIXED_ALONE or bool(_FIXED & parts) or {"cache", "name"} <= parts


def has_many_values(name: str) -> bool:
    """Tell whether what is called so comes from outside: users, addresses, texts, numbers."""
    parts = set(name_words(name))
    of_service = bool(_OF_SERVICES & parts) and parts & _OPEN <= _PLACES
    defined = name_words(name)[-1:] == ("name",) and parts & _OPEN <= _DEFINED
    return bool(_OPEN & parts) and not of_service and not defined and not has_few_values(name)


def is_asked_for(name: str) -> bool:
    """Tell whether what is called so comes with requests: users, sessions, messages."""
    parts = set(name_words(name))
    asked = _ASKED & parts
    of_meeting = not MEETING.isdisjoint(parts) and asked <= _NUMBERS
    return bool(asked) and not of_meeting and has_many_values(name)


def names_location(name: str) -> bool:
    """Tell whether what is called so says where something is: configuration knows live objects'."""
    return bool({"address", "path", "paths", "uri", "url", "urls"} & set(name_words(name)))


def is_file_name(name: str) -> bool:
    """Tell whether what is called so says which file is meant."""
    return bool({"file", "filename", "filepath", "fname", "path"} & set(name_words(name)))


def are_paths_alone(names: Iterable[str]) -> bool:
    """Tell whether names of keys say which file is meant, and none when it was changed."""
    said = set(names)
    return any(map(is_file_name, said)) and not any("mtime" in name for name in said)


def names_digest(name: str) -> bool:
    """Tell whether what is called so is a digest by its name."""
    return bool(DIGESTS & set(name_words(name)))
