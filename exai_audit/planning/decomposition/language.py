"""Words of programs that are no name for a module: verbs, and words that say nothing."""

from __future__ import annotations

EMPTY = frozenset({
    "a", "abstract", "actual", "after", "again", "all", "an", "and", "any", "arg", "args", "as",
    "async", "at", "auto", "available", "bad", "base", "basic", "before", "between", "both", "by",
    "class", "cls", "common", "complete", "count", "current", "custom", "data", "def", "default",
    "different", "each", "empty", "every", "existing", "extra", "fast", "final", "first", "for",
    "foo", "from", "full", "func", "function", "general", "generic", "given", "good", "has",
    "helper", "high", "if", "impl", "implementation", "in", "index", "info", "inner", "instance",
    "internal", "into", "invalid", "is", "it", "item", "key", "kwarg", "kwargs", "last", "left",
    "len", "length", "like", "list", "local", "long", "low", "main", "many", "max", "maximum",
    "maybe", "method", "millisecond", "min", "minimum", "minute", "misc", "mixin", "more", "multi",
    "multiple", "my", "name", "new", "next", "no", "non", "none", "not", "null", "num", "number",
    "obj", "object", "of", "off", "old", "on", "one", "only", "optional", "or", "other", "out",
    "outer", "own", "param", "parameter", "partial", "per", "possible", "prefix", "pre", "previous",
    "private", "proper", "public", "py", "python", "quick", "raw", "real", "recent", "right",
    "safe", "same", "second", "self", "short", "should", "simple", "single", "size", "slow",
    "small", "some", "special", "str", "string", "suffix", "that", "the", "their", "thing", "this",
    "to", "top", "total", "true", "two", "type", "unsafe", "until", "unused", "util", "utility",
    "valid", "value", "var", "variable", "via", "was", "when", "where", "which", "while", "whole",
    "with", "without", "wrong", "zero", "dict", "tuple", "int", "bool", "float", "false", "kind",
    "part", "result", "enabled", "disabled", "required", "supported", "allowed", "still", "already",
    "most", "least", "than", "then", "too", "very", "day", "hour", "temp", "tmp", "ext", "val",
    "stuff", "usual", "absolute", "relative", "exact", "case", "system", "legacy", "dummy", "fake",
})  # fmt: skip

VERBS = frozenset({
    "abort", "accept", "acquire", "activate", "adapt", "add", "adjust", "allocate", "allow",
    "append", "apply", "are", "ask", "assert", "assign", "attach", "await", "begin", "bind",
    "build", "calc", "calculate", "call", "can", "cancel", "change", "check", "choose", "clean",
    "cleanup", "clear", "clip", "clone", "close", "coerce", "collapse", "collect", "combine",
    "compare", "compile", "compute", "concat", "configure", "confirm", "connect", "consume",
    "contain", "continue", "convert", "copy", "create", "deactivate", "decode", "decorate",
    "decrease", "deduce", "delete", "deny", "deserialize", "detect", "determine", "did", "disable",
    "disconnect", "discover", "dispatch", "display", "do", "does", "download", "drop", "dump",
    "emit", "enable", "encode", "end", "enqueue", "ensure", "enter", "equal", "escape", "estimate",
    "evaluate", "exclude", "execute", "exist", "exit", "expand", "expect", "explain", "extend",
    "extract", "fail", "fetch", "fill", "finalize", "find", "finish", "fix", "flatten", "flush",
    "force", "forget", "format", "generate", "get", "give", "guess", "handle", "have", "hide",
    "ignore", "import", "include", "increase", "infer", "init", "initialize", "inject", "insert",
    "inspect", "install", "invoke", "iter", "iterate", "join", "keep", "launch", "listen", "load",
    "log", "lookup", "make", "mark", "match", "merge", "modify", "monkeypatch", "move", "must",
    "need", "normalize", "notify", "obtain", "open", "pack", "parse", "patch", "perform", "pick",
    "pop", "populate", "post", "prepare", "print", "process", "produce", "propagate", "prune",
    "publish", "pull", "push", "put", "quote", "raise", "read", "receive", "recover", "reduce",
    "refresh", "register", "release", "reload", "remember", "remove", "rename", "render", "replace",
    "report", "require", "reset", "resolve", "restart", "restore", "retrieve", "return", "revert",
    "rewrite", "rotate", "run", "save", "scan", "search", "select", "send", "serialize", "serve",
    "set", "setup", "show", "shutdown", "simplify", "skip", "sleep", "sort", "split", "start",
    "stop", "strip", "submit", "substitute", "subscribe", "suppress", "switch", "sync", "take",
    "test", "throw", "toggle", "touch", "transform", "translate", "traverse", "trim", "truncate",
    "try", "unescape", "uninstall", "unpack", "unquote", "unregister", "unset", "unwrap", "update",
    "upgrade", "upload", "use", "validate", "verify", "visit", "wait", "walk", "warn", "wrap",
    "write", "yield",
})  # fmt: skip

ACTIONS = {
    "build": "building", "compare": "comparison", "compile": "compilation",
    "convert": "conversion", "create": "creation", "decode": "decoding", "dispatch": "dispatching",
    "dump": "dumping", "encode": "encoding", "escape": "escaping", "evaluate": "evaluation",
    "format": "formatting", "generate": "generation", "infer": "inference", "install":
    "installation", "iter": "iteration", "load": "loading", "log": "logs", "match": "matching",
    "merge": "merging", "normalize": "normalization", "parse": "parsing", "print": "printing",
    "quote": "quoting", "read": "reading", "register": "registration", "render": "rendering",
    "resolve": "resolution", "run": "running", "search": "searching", "send": "sending",
    "serialize": "serialization", "show": "display", "sort": "sorting", "split": "splitting",
    "transform": "transformation", "translate": "translation", "validate": "validation",
    "visit": "visitors", "walk": "walking", "wrap": "wrapping", "write": "writing",
}  # fmt: skip
"""Verbs, and what a module of functions that begin with them is called."""
