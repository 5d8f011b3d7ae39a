"""One module per strength: its docstring is its page, ``check`` its judgement, ``PRACTICE`` it."""
