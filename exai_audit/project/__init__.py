"""All files together: what only several of them can show."""
