"""A small seccomp filter: no new processes or programs, no sockets, no reaching into other processes.

Landlock does not cover UDP, and a user may be root, for whom process limits do not count; this closes
both. The program is classic BPF (McCanne and Jacobson, 1993) as the kernel's seccomp filter page
describes. x86_64 and aarch64.
"""

from __future__ import annotations

import ctypes
import errno
import os
from struct import pack

from omnireel.media.syscalls import MACHINE, PR_SET_PDEATHSIG, PR_SET_SECCOMP, no_new_privileges, prctl

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000
CLONE_THREAD = 0x00010000
SECCOMP_MODE_FILTER = 2

ALLOW = 0x7FFF0000
KILL = 0x80000000
DENY = 0x00050000 | errno.EPERM
MISSING = 0x00050000 | errno.ENOSYS

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_OFFSET, ARCH_OFFSET, FIRST_ARGUMENT = 0, 4, 16

Numbers = dict[str, tuple[int | None, int | None]]

SOCKETS: Numbers = {"socket": (41, 198)}
PROCESSES: Numbers = {"fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281)}
CLONE: tuple[int, int] = (56, 220)
CLONE3: tuple[int, int] = (435, 435)
OWN_SIGNALS: Numbers = {"kill": (62, 129), "tgkill": (234, 131)}
ON_ITSELF: Numbers = {"prlimit64": (302, 261), "sched_setaffinity": (203, 122)}
"""Allowed where the process they name is 0, the caller itself: libc sets its own limits that way."""
PRCTL: tuple[int, int] = (157, 167)
NEVER: Numbers = {
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "io_uring_setup": (425, 425),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "open_tree": (428, 428),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "mknod": (133, None),
    "mknodat": (259, 33),
}
"""System calls by their x86_64 and aarch64 numbers."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def restrict_calls(*, network: bool) -> None:
    """Put the filter on this thread and what it starts. Raises OSError where it cannot."""
    if MACHINE not in ARCHITECTURE:
        raise OSError(f"no system call numbers are known for {os.uname().machine}")
    code = _assemble(network=network)
    program = _Program(len(code) // 8, code)
    no_new_privileges()
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.cast(ctypes.pointer(program), ctypes.c_void_p))


def _assemble(*, network: bool) -> bytes:
    denied = NEVER | PROCESSES | ({} if network else SOCKETS)
    return b"".join(
        (
            _step(LOAD, ARCH_OFFSET),
            _step(EQUAL, ARCHITECTURE[MACHINE], 1, 0),
            _step(RETURN, KILL),
            _step(LOAD, NUMBER_OFFSET),
            _step(AT_LEAST, X32_BIT, 0, 1),
            _step(RETURN, MISSING),
            _step(EQUAL, _number(CLONE3), 0, 1),
            _step(RETURN, MISSING),
            *(_refuse(number) for number in map(_number, denied.values()) if number is not None),
            _on_argument(CLONE, ANY_BIT, CLONE_THREAD, allow=True),
            *(_on_argument(pair, EQUAL, os.getpid(), allow=True) for pair in OWN_SIGNALS.values()),
            *(_on_argument(pair, EQUAL, 0, allow=True) for pair in ON_ITSELF.values()),
            _on_argument(PRCTL, EQUAL, PR_SET_PDEATHSIG, allow=False),
            _step(RETURN, ALLOW),
        )
    )


def _number(pair: tuple[int | None, int | None]) -> int | None:
    return pair[0] if MACHINE == "x86_64" else pair[1]


def _refuse(number: int) -> bytes:
    return _step(EQUAL, number, 0, 1) + _step(RETURN, DENY)


def _on_argument(pair: tuple[int | None, int | None], test: int, value: int, *, allow: bool) -> bytes:
    """Decide one call by the low half of its first argument, and leave the others to the next step."""
    passed, failed = (ALLOW, DENY) if allow else (DENY, ALLOW)
    return (
        _step(EQUAL, _number(pair), 0, 4)
        + _step(LOAD, FIRST_ARGUMENT)
        + _step(test, value, 0, 1)
        + _step(RETURN, passed)
        + _step(RETURN, failed)
    )


def _step(code: int, value: int | None, when_true: int = 0, when_false: int = 0) -> bytes:
    if value is None:
        raise ValueError("this machine lacks the system call")
    return pack("=HBBI", code, when_true, when_false, value)
