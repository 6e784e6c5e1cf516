"""The program `alzer`, and `python -m alzer.cli`: where it begins."""

import os
import signal
from typing import Final

_INTERRUPTED: Final = 128 + signal.SIGINT


def main() -> None:
    """Run the program; Ctrl-C ends it quietly while it is being loaded, too."""
    try:
        from alzer.cli.app import main as run  # noqa: PLC0415 - it takes a second
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
