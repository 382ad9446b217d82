"""Becomes another program that the kernel ends when our parent ends; run by path, needs the standard library only.

Usage: `python -I -S launch.py <signal> <parent pid> <uid or -> <gid or -> <program> [argument …]`. The order matters:
a change of user clears the parent-death signal, and a parent that died before the call would never be noticed.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    signal_number, parent, uid, gid = arguments[:4]
    program = arguments[4:]
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execvpe(program[0], program, os.environ)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
