"""Text to tree to names: parse, walk, scopes, resolver, aliases, triggers."""
