"""Map: what one file says, gathered from its syntax tree in one walk."""
