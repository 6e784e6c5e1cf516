"""Keeping what libraries say of a file from terminals and logs: it may quote the file.

What a reader of the answer must know is in a slice's own `warnings`.
"""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

_LIBRARIES: Final = ("PIL", "jpeg_ls", "nibabel", "openjpeg", "pydicom", "pylibjpeg")

# nibabel gives this logger, and no other, a handler that writes to standard error.
_LOUD: Final = "nibabel.global"


class _Silence:
    """Silence that lasts while any thread reads: filters belong to the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._ends = ExitStack()

    def enter(self) -> None:
        """Begin, or join in."""
        with self._lock:
            self._readers += 1
            if self._readers == 1:
                self._ends.enter_context(warnings.catch_warnings())
                _ignore_warnings()
                _mute_loggers(self._ends)

    def leave(self) -> None:
        """End it if nobody reads any more."""
        with self._lock:
            self._readers -= 1
            if self._readers == 0:
                self._ends.close()


_SILENCE: Final = _Silence()


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Let libraries that read files neither warn nor log.

    Warnings of our own code, and numpy's about it, stay as they are.
    """
    _SILENCE.enter()
    try:
        yield
    finally:
        _SILENCE.leave()


def _ignore_warnings() -> None:
    # Some libraries attribute theirs to whoever calls them, but as UserWarning.
    warnings.simplefilter("ignore", UserWarning)
    names = "|".join(_LIBRARIES)
    warnings.filterwarnings("ignore", module=rf"({names})(\.|$)")


def _mute_loggers(ends: ExitStack) -> None:
    # Levels would do as well, but setting one empties the caches of all loggers.
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        ends.callback(setattr, logger, "propagate", logger.propagate)
        logger.propagate = False
        if not logger.handlers:  # else the last resort would write after all
            logger.addHandler(logging.NullHandler())
    loud = logging.getLogger(_LOUD)
    ends.callback(setattr, loud, "disabled", loud.disabled)
    loud.disabled = True
