"""Programs in a decoding process's place, as a hostile file could make of it."""

import sys
from pathlib import Path

import pytest

# What a process says that can take files, and the program that says more than that.
STRANGE = """
import struct, sys, time
def say(content):
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
say(struct.pack("<QQ", 2, 0) + b"{{}}" + {unasked!r})
sys.stdin.buffer.read(16)
say({answer!r})
time.sleep(60)
"""


def say_instead(
    monkeypatch: pytest.MonkeyPatch, folder: Path, answer: bytes, unasked: bytes = b""
) -> Path:
    """Let the first process that starts say this; those after it are right.

    Args:
        monkeypatch: Undoes it.
        folder: For the programs.
        answer: What it says to the first file.
        unasked: What it says before.

    Returns:
        A file that will be there once that process has started.
    """
    program = folder / "strange.py"
    program.write_text(STRANGE.format(answer=answer, unasked=unasked), "utf-8")
    return start_instead(monkeypatch, folder, f"exec {sys.executable} {program}")


def start_instead(monkeypatch: pytest.MonkeyPatch, folder: Path, command: str) -> Path:
    """Let a command of the shell be the first process that starts, likewise."""
    begun, wrapper = folder / "begun", folder / "python"
    wrapper.write_text(
        f'#!/bin/sh\nif [ -e {begun} ]; then exec {sys.executable} "$@"; fi\n'
        f": > {begun}\n{command}\n",
        "ascii",
    )
    wrapper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(wrapper))
    return begun
