"""Becomes a program that ends when its starter ends, as another user if need be.

`python exec_guard.py PARENT UID GID SIGNAL PROGRAM...`, with -1 for the same user. A script of
its own and not `preexec_fn`, which is not safe where threads run.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Do it."""
    parent, user, group, number = map(int, sys.argv[1:5])
    command = sys.argv[5:]
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        # After the change of user, which forgets it.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
    os.execv(command[0], command)  # noqa: S606 - that is what it is for


if __name__ == "__main__":
    main()
