"""Data, not code: what the calls of known libraries wait for, pool, cache and block."""
