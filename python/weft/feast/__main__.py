"""`python -m weft.feast`."""

import sys

from weft.feast.cli import main

if __name__ == "__main__":
    sys.exit(main())
