"""One project under audit: runs, their gates, what they are compared with."""
