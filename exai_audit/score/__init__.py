"""The score: one number that can be explained to the point."""
