"""Landlock: the kernel's own way for a process to give up most of the file system. Linux 5.13 and later.

Source: the kernel's user-space API page for Landlock, ABI 1 to 7. The rules bind the calling thread and
what it starts afterwards, so they are put on while a process still has one thread.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from omnireel.media.syscalls import no_new_privileges, syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_FLAG = 1
PATH_BENEATH = 1

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
REFER = 1 << 13
TRUNCATE = 1 << 14

READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
ONLY_FILES = READ_FILE | WRITE_FILE | TRUNCATE
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""Rights an ABI knows, as a number of bits from the lowest; 16 from ABI 5 on."""
TCP_BIND_AND_CONNECT = 0b11
SCOPE_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def landlock_abi() -> int:
    """The version this kernel offers; 0 for none."""
    try:
        return syscall(CREATE_RULESET, 0, 0, VERSION_FLAG)
    except OSError:
        return 0


def restrict_files(readable: Iterable[Path], writable: Iterable[Path], *, network: bool) -> None:
    """Leave only these trees visible: `readable` to read, `writable` to read and write; nothing to execute.

    Without `network` TCP is refused as well where the kernel can (ABI 4), and signals to other processes
    (ABI 6). Paths that do not exist are skipped. Raises OSError when Landlock is not available.
    """
    abi = landlock_abi()
    if not abi:
        raise OSError("this kernel has no Landlock")
    handled = (1 << FILE_RIGHTS.get(abi, 16)) - 1
    attributes = _Ruleset(
        files=handled,
        net=TCP_BIND_AND_CONNECT if abi >= 4 and not network else 0,
        scoped=SCOPE_SOCKETS_AND_SIGNALS if abi >= 6 else 0,
    )
    ruleset = syscall(CREATE_RULESET, _pointer(attributes), ctypes.sizeof(attributes), 0)
    try:
        for rights, paths in ((READ, readable), (WRITE, writable)):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        no_new_privileges()
        syscall(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= ONLY_FILES
        rule = _PathBeneath(allowed=rights, parent=parent)
        syscall(ADD_RULE, ruleset, PATH_BENEATH, _pointer(rule), 0)
    finally:
        os.close(parent)


def _pointer(structure: ctypes.Structure) -> ctypes.c_void_p:
    return ctypes.cast(ctypes.pointer(structure), ctypes.c_void_p)
