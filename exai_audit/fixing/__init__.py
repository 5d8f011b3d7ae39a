"""How findings are repaired: what fixers stand on, and how their fixes become one change."""
