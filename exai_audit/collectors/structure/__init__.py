"""Size, complexity and the symbols of a module."""
