"""Taking from this process all that decoding does not need."""

import ctypes
import resource
import sys
from typing import Final

from alzer.decoding.seccomp import forbid_system_calls, require

# Source: Linux, include/uapi/linux/prctl.h and capability.h.
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_CAPABILITY_VERSION_3: Final = 0x20080522


def enter_sandbox(memory_bytes: int) -> None:
    """Drop files, sockets, privileges and all but some memory, for good.

    No descriptor can be made from here on, not even in the place of one that is
    closed, which rules out opening any file and any socket. What has to be imported
    has been. On Linux the system calls that could do harm without a descriptor fail.

    Args:
        memory_bytes: Address space that remains.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_NOFILE, 0)
    if sys.platform == "linux":
        _drop_privileges()
        forbid_system_calls()


def allow_time(seconds: float) -> None:
    """Set how much longer this process may compute; beyond it ends.

    Args:
        seconds: Of processor time, from now.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def _drop_privileges() -> None:
    # A failure ends the process: better than to decode with more rights.
    library = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    require(library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    require(library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))
    require(library.capset(head, nothing))
