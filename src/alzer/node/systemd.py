"""Telling systemd that the node is ready, alive, or about to end.

Source: sd_notify(3) and sd_watchdog_enabled(3).
"""

import os
import socket
from contextlib import suppress


def notify(state: str) -> None:
    """Tell it; nothing happens where nobody asked to be told.

    Args:
        state: Such as READY=1.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # in the abstract namespace
        address = "\0" + address[1:]
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
    with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as sender:
        sender.connect(address)
        sender.sendall(state.encode())


def watchdog_s() -> float | None:
    """Return how often it wants a sign of life, in seconds; None: never."""
    told = os.environ.get("WATCHDOG_USEC", "")
    if not told.isdecimal() or os.environ.get("WATCHDOG_PID") not in {
        None,
        str(os.getpid()),
    }:
        return None
    return int(told) / 2e6  # twice as often as would do
