"""What a piece of code stands in: the role of its function, the limits around it."""
