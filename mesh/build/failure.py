"""Why a build ends without a zip."""

from __future__ import annotations

from mesh.failure import CommandFailedError


class BuildError(CommandFailedError):
    """No zip was made, and the one of an earlier build was left as it is."""
