"""The result of an audit, and what is done with it later."""
