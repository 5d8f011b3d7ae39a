"""Good practices that a file proves."""
