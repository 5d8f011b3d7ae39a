"""The rules: found, checked, shown."""
