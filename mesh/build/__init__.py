"""The zip that runs on Lambda: reproducible, for either architecture, measured.

Here lies what makes it: of a server's files, its locked packages, Mesh's runtime, and what the
server's build hook adds. What runs or deploys the zip is not here.
"""

from mesh.build.failure import BuildError
from mesh.build.pipeline import BuildResult, build
from mesh.build.target import host_architecture, target

__all__ = ["BuildError", "BuildResult", "build", "host_architecture", "target"]
