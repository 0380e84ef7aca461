"""`python -m weft`, and the program `weft` that the package installs."""

import signal
import sys

from weft import command


def main() -> None:
    """The command line of this process. Signals end it as they end any program, native code or not."""
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    sys.exit(command.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
