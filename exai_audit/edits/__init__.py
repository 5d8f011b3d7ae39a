"""Changes of files as data: made, shown as a patch, written all or none, and taken back."""
