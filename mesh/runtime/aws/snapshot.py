"""SnapStart: what is done before Lambda takes a snapshot of an instance, and after it restores one.

Every instance that is restored begins as a copy of the same one, perhaps days later. So what
was read, connected or drawn at random before counts no more; who keeps such things says with
`forgets` how they are dropped. Without SnapStart nothing of this is done, or costs anything.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

ENTROPY_BYTES = 32

_forgetting: list[Callable[[], object]] = []


def expected() -> bool:
    """Whether this instance is to be a snapshot.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def forgets(action: Callable[[], object]) -> None:
    """Have this done before the snapshot and after each restore.

    Args:
        action: drops what must be had again; it may find nothing to drop.
    """
    if expected():
        _forgetting.append(action)


def before_snapshot() -> None:
    """Leave no secret and no connection in the snapshot."""
    for action in _forgetting:
        action()


def after_restore() -> None:
    """Begin as an instance of its own: nothing known, connected or foreseeable."""
    for action in _forgetting:
        action()
    # Generators with a state of their own would give every copy the same numbers; the
    # system's, which `secrets` and `uuid` ask, does not.
    # https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
    if "random" in sys.modules:
        sys.modules["random"].seed()
    if "ssl" in sys.modules:
        sys.modules["ssl"].RAND_add(os.urandom(ENTROPY_BYTES), float(ENTROPY_BYTES))


def register() -> bool:
    """Have Lambda's own runtime call both; False where there is no snapshot to be taken.

    Once, at the end of INIT. A runtime of one's own calls them itself.
    """
    if not expected():
        return False
    # Of the managed runtime, not of the bundle.
    from snapshot_restore_py import (
        register_after_restore,
        register_before_snapshot,
    )

    register_before_snapshot(before_snapshot)
    register_after_restore(after_restore)
    return True
