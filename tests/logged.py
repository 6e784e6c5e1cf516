"""What the service logs, for as long as a context lasts."""

import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from alzer.web.logs import configure_logging


@contextmanager
def logging_kept() -> Iterator[None]:
    """Log as before once the context is left."""
    root = logging.getLogger()
    handlers, before, hook = root.handlers, root.level, threading.excepthook
    yield
    root.handlers, threading.excepthook = handlers, hook
    root.setLevel(before)
    logging.getLogger("alzer").setLevel(logging.NOTSET)


@contextmanager
def logged(level: str) -> Iterator[io.StringIO]:
    """Log to a text, and afterwards as before."""
    stream = io.StringIO()
    with logging_kept():
        configure_logging(level, stream)
        yield stream
