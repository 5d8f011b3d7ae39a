"""What a file says of itself in comments."""
