"""What one file says, with no opinion: frozen dataclasses that survive JSON both ways."""
