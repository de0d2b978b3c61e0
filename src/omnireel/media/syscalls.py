"""System calls the standard library does not offer, typed, through libc's `syscall` and `prctl`."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl.restype = ctypes.c_int

MACHINE = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}.get(platform.machine(), "other")

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63


def syscall(number: int, *arguments: int | ctypes.c_void_p | bytes | None) -> int:
    """The call's result. Raises OSError."""
    ctypes.set_errno(0)
    result: int = _libc.syscall(ctypes.c_long(number), *(_long(value) for value in arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def prctl(option: int, *arguments: int | ctypes.c_void_p | None) -> int:
    """The call's result. Raises OSError."""
    ctypes.set_errno(0)
    padded = (*arguments, 0, 0, 0, 0)[:4]
    result: int = _libc.prctl(ctypes.c_int(option), *(_long(value) for value in padded))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _long(value: object) -> object:
    return ctypes.c_ulong(value & 0xFFFFFFFFFFFFFFFF) if isinstance(value, int) else value


def unshare_network() -> None:
    """Move this process to a network of its own, which has nobody in it. Raises OSError where that is not
    allowed.

    An ordinary user needs a user namespace of their own for it, which some distributions forbid.
    """
    user, group = os.geteuid(), os.getegid()
    number = {"x86_64": 272, "aarch64": 97}.get(MACHINE, -1)
    syscall(number, CLONE_NEWNET | CLONE_NEWIPC | (CLONE_NEWUSER if user else 0))
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def die_with_parent(parent: int | None) -> None:
    """Have the kernel kill this process when its parent dies. Exits at once when `parent` already has.

    Changing user namespace or credentials undoes it, so it comes last.
    """
    prctl(PR_SET_PDEATHSIG, 9)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def no_new_privileges() -> None:
    """From here on no set-uid file or file capability adds rights."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def drop_capabilities() -> None:
    """Give up every capability, for this process and what it starts. Raises OSError."""
    for capability in range(LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            # Not root, or past the last capability this kernel knows.
            break
    header = _Header(CAPABILITY_VERSION_3, 0)
    number = {"x86_64": 126, "aarch64": 91}[MACHINE]
    syscall(number, ctypes.cast(ctypes.byref(header), ctypes.c_void_p), _address((_Sets * 2)()))


def _address(value: ctypes.Array[_Sets]) -> ctypes.c_void_p:
    return ctypes.cast(value, ctypes.c_void_p)
