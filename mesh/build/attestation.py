"""Where a zip comes from: what GitHub attested when a workflow built it.

GitHub's own tool asks for the attestations and checks their signatures:
https://cli.github.com/manual/gh_attestation_verify
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mesh.build.failure import BuildError

WORKFLOW = ".github/workflows/deploy.yml"
# What actions/attest says of a build, and of its parts.
PREDICATES = {
    "provenance": "https://slsa.dev/provenance/v1",
    "parts": "https://cyclonedx.org/bom",
}


@dataclass(frozen=True)
class Origin:
    """Who has to have built a zip.

    Attributes:
        repository: OWNER/NAME.
        workflow: The workflow's file in it.
        commit: 40 hexadecimal digits; None for any commit of the repository.
    """

    repository: str
    workflow: str = WORKFLOW
    commit: str | None = None


def verify(zipped: Path, origin: Origin) -> None:
    """Check that the workflow of a repository built this very zip, and attested its parts.

    Raises:
        BuildError: it did not, or it cannot be found out.
    """
    if shutil.which("gh") is None:
        raise BuildError(
            "GitHub's command line, gh, is needed to verify attestations and was not found. "
            "Install it from https://cli.github.com and sign in with `gh auth login`."
        )
    arguments = ["--repo", origin.repository]
    arguments += ["--signer-workflow", f"{origin.repository}/{origin.workflow}"]
    arguments += ["--source-digest", origin.commit] if origin.commit else []
    for what, predicate in PREDICATES.items():
        done = subprocess.run(
            ["gh", "attestation", "verify", str(zipped), *arguments, "--predicate-type", predicate],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise BuildError(
                f"{zipped}: its {what} ({predicate}) is not attested by {origin.workflow} of "
                f"{origin.repository}{f' at {origin.commit}' if origin.commit else ''}. "
                f"Do not deploy it. gh says:\n{said}"
            )
