"""The way a project goes: its score at each commit of its history, and what moved it."""
