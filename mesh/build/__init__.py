"""The zip that runs on Lambda: reproducible, for either architecture, measured.

Here lies what makes it. What goes into it is `mcp_app`, requirements/lambda.txt and the
index that `aoma.corpus` writes; what runs or deploys it is not here.
"""

from mesh.build.building import BuildResult, build, default_output
from mesh.build.failure import BuildError
from mesh.build.target import host_architecture, target

__all__ = ["BuildError", "BuildResult", "build", "default_output", "host_architecture", "target"]
