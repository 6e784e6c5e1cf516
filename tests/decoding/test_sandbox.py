"""What a process has given up it can't take back."""

import errno
import json
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from alzer.decoding.seccomp import DENIED

HAS_FILTER = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}

# Done for want of a filter these would harm the tests themselves.
NEEDS_FILTER = {
    "fork", "program", "in its place", "signal to its parent", "signal to all",
    "thread's signal", "tracing", "reading memory", "writing memory",
    "parent's limits", "parent's priority", "removing", "moving", "emptying",
    "permissions", "permissions of what is open", "folder", "link",
}  # fmt: skip

# Everything is imported first: nothing can be any more afterwards.
CONFINED = """
import ctypes, json, os, resource, socket, sys, threading
closed, answering, folder, parent = int(sys.argv[1]), *sys.argv[2:4], os.getppid()
answering, left_out = int(answering), json.loads(sys.argv[4])
library = ctypes.CDLL(None, use_errno=True)
word = ctypes.create_string_buffer(8)
pieces = (ctypes.c_void_p * 2)(ctypes.addressof(word), 8)

def call(name, *arguments):
    if getattr(library, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)

def fork():
    if os.fork() == 0:
        os._exit(0)

ATTEMPTS = {
    "socket": lambda: socket.socket(),
    "socket pair": lambda: socket.socketpair(),
    "reading": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "writing": lambda: os.open(folder + "/new", os.O_WRONLY | os.O_CREAT),
    "pipe": lambda: os.pipe(),
    "copy of a descriptor": lambda: os.dup(answering),
    "file in memory": lambda: os.memfd_create("x"),
    "more descriptors": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9)),
    "fork": fork,
    "program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "in its place": lambda: os.execv("/bin/true", ["true"]),
    "signal to its parent": lambda: os.kill(parent, 0),
    "signal to all": lambda: os.kill(-1, 0),
    "thread's signal": lambda: call("tgkill", parent, parent, 0),
    "tracing": lambda: call("ptrace", 16, parent, None, None),
    "reading memory": lambda: call(
        "process_vm_readv", parent, pieces, 1, pieces, 1, 0),
    "writing memory": lambda: call(
        "process_vm_writev", parent, pieces, 1, pieces, 1, 0),
    "parent's limits": lambda: resource.prlimit(
        parent, resource.RLIMIT_CORE, (0, 0)),
    "parent's priority": lambda: os.setpriority(os.PRIO_PROCESS, parent, 19),
    "removing": lambda: os.unlink(folder + "/old"),
    "moving": lambda: os.rename(folder + "/old", folder + "/moved"),
    "emptying": lambda: os.truncate(folder + "/old", 0),
    "permissions": lambda: os.chmod(folder + "/old", 0o777),
    "permissions of what is open": lambda: os.fchmod(answering, 0o777),
    "folder": lambda: os.mkdir(folder + "/folder"),
    "link": lambda: os.symlink("/etc", folder + "/link"),
    "memory": lambda: bytearray(2**31),
}
from alzer.decoding import sandbox, seccomp
if left_out:
    seccomp.DENIED = seccomp.OWN = {}
sandbox.enter_sandbox(2**30)
os.close(closed)
told = {}
for name in ATTEMPTS.keys() - set(left_out):
    attempt = ATTEMPTS[name]
    try:
        attempt()
        told[name] = 0
    except OSError as error:
        told[name] = error.errno
    except ValueError:
        told[name] = 1
    except MemoryError:
        told[name] = 12
os.write(answering, json.dumps(told).encode())
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(  # noqa: S603 - our own
        command, stdin=subprocess.PIPE, capture_output=True, check=False
    )


def attempt(closed: int, folder: Path, left_out: set[str]) -> dict[str, int]:
    """Let a confined process close one of its three descriptors and try it all.

    Args:
        closed: The descriptor.
        folder: Where it tries to write.
        left_out: What it does not try; if anything, there is no filter.

    Returns:
        By attempt, the number of the error, 0 for success.
    """
    answering = 2 if closed == 1 else 1
    names = json.dumps(sorted(left_out))
    result = run(CONFINED, str(closed), str(answering), str(folder), names)
    told: dict[str, int] = json.loads(
        result.stderr if answering == 2 else result.stdout
    )
    return told


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_no_descriptor_can_be_had_without_a_filter(closed: int, tmp_path: Path) -> None:
    told = attempt(closed, tmp_path, NEEDS_FILTER)

    assert len(told) == 9
    assert 0 not in told.values()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not HAS_FILTER, reason="there is no filter for this machine")
@pytest.mark.parametrize("closed", [0, 1, 2])
def test_what_was_given_up_can_not_be_taken_back(closed: int, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("kept")
    told = attempt(closed, tmp_path, set())

    assert len(told) == 27
    assert 0 not in told.values()
    assert {told[name] for name in NEEDS_FILTER} == {errno.EPERM}
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "kept"


def test_a_decoder_can_still_abort() -> None:
    program = (
        "import os\nfrom alzer.decoding.sandbox import enter_sandbox\n"
        "enter_sandbox(2**30)\nos.abort()"
    )

    assert run(program).returncode == -signal.SIGABRT


def test_a_process_that_computes_too_long_ends() -> None:
    program = (
        "from alzer.decoding.sandbox import allow_time, enter_sandbox\n"
        "enter_sandbox(2**30)\nallow_time(0.1)\nwhile True: pass"
    )

    assert run(program).returncode == -signal.SIGXCPU


@pytest.mark.skipif(not HAS_FILTER, reason="system calls are made to fail by a filter")
@pytest.mark.parametrize("call", ["prctl", "capset"])
def test_a_process_that_keeps_privileges_does_not_go_on(call: str) -> None:
    numbers = {"prctl": (157, 167), "capset": (126, 91)}[call]
    program = (
        "import ctypes\nfrom alzer.decoding import sandbox, seccomp\n"
        "ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)\n"
        f"seccomp.DENIED = {{{call!r}: {numbers}}}\nseccomp.forbid_system_calls()\n"
        "sandbox.enter_sandbox(2**30)\nprint('went on')"
    )
    result = run(program)

    assert call not in DENIED
    assert result.returncode == 1
    assert result.stdout == b""
