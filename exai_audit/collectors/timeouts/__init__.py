"""Limits on waiting: where code gives one, where one encloses another, where one is missing."""
