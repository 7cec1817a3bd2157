"""The zip that runs on Lambda: reproducible, for either architecture, measured.

Here lies what makes it. What goes into it is `mcp_app`, requirements/lambda.txt and the
index that `ops.corpus` writes; what runs or deploys it is not here.
"""

from ops.bundle.building import BuildResult, build, default_output
from ops.bundle.failure import BuildError
from ops.bundle.target import host_architecture

__all__ = ["BuildError", "BuildResult", "build", "default_output", "host_architecture"]
