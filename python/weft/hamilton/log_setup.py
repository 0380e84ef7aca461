"""A logger on the console, as Hamilton's examples set it up."""

import logging
import sys

LOG_LEVELS = {
    "CRITICAL": logging.CRITICAL,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
}


def setup_logging(log_level: int = logging.INFO) -> None:
    """Writes log records of all loggers to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("[%(levelname)s] %(asctime)s %(name)s(%(lineno)s): %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(log_level)
