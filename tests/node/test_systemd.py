"""systemd is told how the node does."""

import os
import socket
from pathlib import Path

import pytest

from alzer.node.systemd import notify, watchdog_s


def test_who_started_the_node_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("READY=1")

        assert listener.recv(100) == b"READY=1"


def test_nobody_is_told_where_nobody_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")

    assert list(tmp_path.iterdir()) == []


def test_signs_of_life_come_twice_as_often_as_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    asked = watchdog_s()
    monkeypatch.setenv("WATCHDOG_PID", "1")

    assert asked == 15.0
    assert watchdog_s() is None
