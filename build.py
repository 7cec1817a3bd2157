"""Build the zip for AWS Lambda: `python build.py --help`.

Needs Python 3.13 and nothing else: makes the project's environment, `.venv`, if it is
missing, and goes on in it. How the zip is made is in mesh/build.
"""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Build the zip in the project's own environment, whichever Python started this."""
    if sys.version_info[:2] != (3, 13):
        # Nothing else may be imported before: an older Python could not read it.
        version = sys.version.split()[0]
        sys.stderr.write("build: Python 3.13 is needed (Lambda's); this is %s.\n" % version)  # noqa: UP031 - an older Python must be able to read this file
        return 1
    from aoma.cli import build
    from mesh.build import environment
    from mesh.installation import BIN, VENV
    from mesh.local_aws.private_files import keep_private

    if Path(sys.prefix).resolve() == VENV.resolve():
        keep_private()
        return build.main()
    build.arguments()  # --help and mistakes need no environment.
    try:
        environment.make()
    except environment.EnvironmentFailedError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    python = BIN / "python"
    return subprocess.run([str(python), __file__, *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
