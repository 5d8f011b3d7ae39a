"""What HTML pages are built of: the frame with its policy, macros, styles, script and charts."""
