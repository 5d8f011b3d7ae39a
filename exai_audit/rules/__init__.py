"""One module per rule: its docstring is the rule's page, ``Options`` its settings."""
