"""Forbidding system calls that decoding has no use for.

A second layer, on Linux for x86_64 and aarch64: the limit on descriptors already
rules out files and sockets, but not signals to other processes, new processes, or
what is done to files by their names alone.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterator, Mapping
from typing import Final

# Source: Linux, include/uapi/linux/prctl.h and seccomp.h.
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_KILL: Final = 0x80000000
_ALLOW: Final = 0x7FFF0000
_DENY: Final = 0x00050000 | 1  # with EPERM

# Source: Linux, include/uapi/linux/seccomp.h, struct seccomp_data; little endian.
_NUMBER_AT: Final = 0
_MACHINE_AT: Final = 4
_FIRST_ARGUMENT_AT: Final = 16

# Source: Linux, include/uapi/linux/bpf_common.h: load a word, jump if equal, jump
# if greater or equal, return.
_LOAD: Final = 0x20
_IF_EQUAL: Final = 0x15
_IF_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_INSTRUCTION: Final = struct.Struct("<HBBL")

# Source: Linux, include/uapi/linux/audit.h, and the column of the numbers below.
_MACHINES: Final[Mapping[str, tuple[int, int]]] = {
    "x86_64": (0xC000003E, 0),
    "aarch64": (0xC00000B7, 1),
}

# The numbers of x86_64's second calling convention (x32) begin here.
_OTHER_CONVENTION: Final = 0x40000000

_NONE: Final = -1

# Numbers on x86_64 and aarch64.
# Source: Linux 6.18, arch/x86/entry/syscalls/syscall_64.tbl and
# include/uapi/asm-generic/unistd.h.
DENIED: Final[Mapping[str, tuple[int, int]]] = {
    # Opening; the limit on descriptors forbids these too.
    "open": (2, _NONE), "openat": (257, 56), "openat2": (437, 437),
    "creat": (85, _NONE), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "socket": (41, 198), "socketpair": (53, 199),
    "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242),
    # Programs, processes and threads.
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, _NONE),
    "vfork": (58, _NONE), "clone": (56, 220), "clone3": (435, 435),
    # Reaching into other processes, or sending them signals (fcntl sets to whom).
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "kcmp": (312, 272), "fcntl": (72, 25),
    "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "migrate_pages": (256, 238), "move_pages": (279, 239), "setpgid": (109, 154),
    # Changing files by name, or those that the standard streams lead to.
    "unlink": (87, _NONE), "unlinkat": (263, 35), "rename": (82, _NONE),
    "renameat": (264, 38), "renameat2": (316, 276), "mkdir": (83, _NONE),
    "mkdirat": (258, 34), "rmdir": (84, _NONE), "link": (86, _NONE),
    "linkat": (265, 37), "symlink": (88, _NONE), "symlinkat": (266, 36),
    "mknod": (133, _NONE), "mknodat": (259, 33), "chmod": (90, _NONE),
    "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, _NONE), "fchown": (93, 55), "lchown": (94, _NONE),
    "fchownat": (260, 54), "truncate": (76, 45), "utime": (132, _NONE),
    "utimes": (235, _NONE), "futimesat": (261, _NONE), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "setxattrat": (463, 463), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "removexattrat": (466, 466),
    # Another view of the file system, and large parts of the kernel.
    "mount": (165, 40), "umount2": (166, 39), "move_mount": (429, 429),
    "open_tree": (428, 428), "fsopen": (430, 430), "fspick": (433, 433),
    "mount_setattr": (442, 442), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "io_setup": (206, 0), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218),
    # Memory and messages that are shared by number.
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgctl": (71, 187),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191),
    "mq_open": (240, 180), "mq_unlink": (241, 181),
}  # fmt: skip

# Allowed upon this process alone: abort() sends a signal, and limits are set.
OWN: Final[Mapping[str, tuple[int, int]]] = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_system_calls() -> None:
    """Let the system calls of the table fail with EPERM from here on, for good.

    Where Linux runs on another machine than the two of the table, or where there is
    no Linux, nothing is done. No new privileges must be possible any more.
    """
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return
    code = b"".join(_instructions(*_MACHINES[platform.machine()]))
    program = _Program(len(code) // _INSTRUCTION.size, code)
    library = ctypes.CDLL(None, use_errno=True)
    arguments = (_SECCOMP_MODE_FILTER, ctypes.byref(program))
    require(library.prctl(_PR_SET_SECCOMP, *arguments))


def require(result: int) -> None:
    """Take what a system call gave: nothing, or a failure.

    Args:
        result: Of a call that keeps its `errno` for ctypes.

    Raises:
        OSError: The call failed.
    """
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _instructions(machine: int, column: int) -> Iterator[bytes]:
    def instruct(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
        # `then` and `otherwise`: how many instructions a jump leaves out.
        return _INSTRUCTION.pack(code, then, otherwise, value)

    yield instruct(_LOAD, _MACHINE_AT)
    yield instruct(_IF_EQUAL, machine, then=1)
    yield instruct(_RETURN, _KILL)
    yield instruct(_LOAD, _NUMBER_AT)
    yield instruct(_IF_AT_LEAST, _OTHER_CONVENTION, otherwise=1)
    yield instruct(_RETURN, _DENY)
    for numbers in DENIED.values():
        if numbers[column] != _NONE:
            yield instruct(_IF_EQUAL, numbers[column], otherwise=1)
            yield instruct(_RETURN, _DENY)
    for name, numbers in OWN.items():
        itself = 0 if name == "prlimit64" else os.getpid()
        yield instruct(_IF_EQUAL, numbers[column], otherwise=4)
        yield instruct(_LOAD, _FIRST_ARGUMENT_AT)
        yield instruct(_IF_EQUAL, itself, then=1)
        yield instruct(_RETURN, _DENY)
        yield instruct(_RETURN, _ALLOW)
    yield instruct(_RETURN, _ALLOW)
