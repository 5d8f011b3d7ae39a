"""Audit Python services for what makes them slow, fragile and hard to change."""

__version__ = "0.1.0"
