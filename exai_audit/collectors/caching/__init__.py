"""The parts of the cache collector: what is a cache, what is done with it, what limits it."""
