"""Attests files: a line for each, with its digest, the predicate, the workflow and the commit."""

import hashlib
import json
import os
import sys
from pathlib import Path

sbom = os.environ["INPUT_SBOM"]
if sbom and json.loads(Path(sbom).read_text())["bomFormat"] != "CycloneDX":
    sys.exit(f"{sbom} is no CycloneDX document")
files = sorted(Path().glob(os.environ["INPUT_SUBJECTS"]))
if not files:
    sys.exit(f"no file is called {os.environ['INPUT_SUBJECTS']}")
with Path(os.environ["REHEARSAL_GITHUB"], "attestations").open("a", encoding="utf-8") as kept:
    for file in files:
        attestation = {
            "digest": hashlib.sha256(file.read_bytes()).hexdigest(),
            "predicate": "https://cyclonedx.org/bom" if sbom else "https://slsa.dev/provenance/v1",
            "repository": os.environ["GITHUB_REPOSITORY"],
            "workflow": os.environ["GITHUB_WORKFLOW"],
            "commit": os.environ["GITHUB_SHA"],
        }
        kept.write(json.dumps(attestation) + "\n")
