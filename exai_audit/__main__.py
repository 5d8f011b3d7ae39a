"""Run the command line with ``python -m exai_audit``."""

from exai_audit.cli import main

if __name__ == "__main__":
    main()
