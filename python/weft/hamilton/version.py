"""The release of Hamilton whose public API this package follows."""

VERSION = (1, 90, 0)
__version__ = ".".join(str(part) for part in VERSION)
