"""Run the command line with ``python -m exai_audit``.

Python puts the working folder in front of its path then, and that may be the scanned project: it is
taken off before anything is imported from it. Behind all else it stays if this package is in it.
"""

import sys

if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        first = sys.path.pop(0)
        if first and __file__.startswith(first):
            sys.path.append(first)
    from exai_audit.cli import main

    main()
