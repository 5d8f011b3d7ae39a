"""Many repositories at once: each audited alone, then looked at together."""
