"""What one file says, with no opinion: frozen structs that survive JSON both ways."""
