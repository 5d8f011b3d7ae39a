"""Names of those whom a service works for: who asks, who comes and goes, where they meet."""

from __future__ import annotations

from functools import lru_cache

from exai_audit.collectors.caches.key_words import MEETING, has_many_values, name_words

# Who or what a service works for: each has an end that should end its entry, too.
_VISITORS = frozenset({
    "author", "call", "chat", "client", "connection", "conversation", "customer", "email", "ip",
    "job", "message", "msg", "request", "sender", "session", "sid", "task", "tenant", "user",
    "username", "visitor", "websocket",
})  # fmt: skip
# Of these, who comes and goes for as long as a service runs, whatever is kept for them.
_GUESTS = frozenset({
    "author", "chat", "conversation", "customer", "guild", "ip", "member", "message", "msg",
    "request", "sender", "session", "sid", "tenant", "user", "username", "visitor", "websocket",
})  # fmt: skip


@lru_cache(maxsize=65_536)
def names_visitor(name: str) -> bool:
    """Tell whether what is called so is one of the users, sessions or requests of a service."""
    parts = set(name_words(name))
    return bool(_VISITORS & parts) and (has_many_values(name) or "id" in parts or "sid" in parts)


def names_guest(name: str) -> bool:
    """Tell whether what is called so is one of those who come and go while a service runs."""
    return bool(_GUESTS & set(name_words(name))) and names_visitor(name)


def names_meeting(name: str) -> bool:
    """Tell whether what is called so is where people meet: a chat, a group, and nobody of them."""
    parts = set(name_words(name))
    return bool(MEETING & parts) and not (_VISITORS - MEETING) & parts
