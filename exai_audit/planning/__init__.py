"""What follows from the findings: what to do, in which order, and what it brings."""
