"""GitHub's command line for the rehearsal: runs, attestations, issues and comments in a folder.

Takes exactly the options that the workflows use, and refuses what the job's permissions do not
allow, as GitHub does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rehearsal import workflows

# What each command needs: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
PERMISSIONS = {
    "api": ("actions", "read"),
    "run": ("actions", "read"),
    "attestation": ("attestations", "read"),
    "issue": ("issues", "write"),
    "label": ("issues", "write"),
    "pr": ("pull-requests", "write"),
}


class Store:
    """What this GitHub knows: a JSON file for each kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, kind: str) -> list[dict[str, Any]]:
        """All of one kind, the oldest first."""
        file = self.folder / f"{kind}.json"
        found: list[dict[str, Any]] = json.loads(file.read_text()) if file.is_file() else []
        return found

    def write(self, kind: str, found: list[dict[str, Any]]) -> None:
        """Replace all of one kind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{kind}.json").write_text(json.dumps(found, indent=2))

    @property
    def attestations(self) -> list[dict[str, Any]]:
        """What the stand-in of actions/attest noted."""
        file = self.folder / "attestations"
        lines = file.read_text().splitlines() if file.is_file() else []
        return [json.loads(line) for line in lines]


def parser() -> argparse.ArgumentParser:
    """The commands that the workflows use."""
    options = argparse.ArgumentParser(prog="gh", allow_abbrev=False)
    groups = options.add_subparsers(dest="group", required=True)

    def command(
        group: str, name: str, *arguments: str, flags: Sequence[str] = ()
    ) -> argparse.ArgumentParser:
        if group not in made:
            made[group] = groups.add_parser(group).add_subparsers(dest="command", required=True)
        found: argparse.ArgumentParser = made[group].add_parser(name, allow_abbrev=False)
        for argument in ("--repo", *arguments):
            found.add_argument(argument, required=argument == "--repo" and group != "attestation")
        for flag in flags:
            found.add_argument(flag, action="store_true")
        return found

    made: dict[str, Any] = {}
    # Reading an environment is all that is asked of it.
    api = groups.add_parser("api", allow_abbrev=False)
    api.add_argument("--silent", action="store_true", required=True)
    api.add_argument("command")
    command("run", "list", "--workflow", "--commit", "--limit", "--json", "--jq")
    command("run", "watch", "--interval", flags=["--exit-status"]).add_argument("number", type=int)
    command(
        *("attestation", "verify", "--signer-workflow", "--source-digest", "--predicate-type")
    ).add_argument("file", type=Path)
    command("label", "create", flags=["--force"]).add_argument("name")
    command("issue", "list", "--label", "--state", "--json", "--jq")
    command("issue", "create", "--title", "--body-file", "--label")
    command("issue", "edit", "--body-file").add_argument("number", type=int)
    command("issue", "close", "--comment").add_argument("number", type=int)
    command("pr", "comment", "--body-file", flags=["--edit-last", "--create-if-none"]).add_argument(
        "number", type=int
    )
    return options


def api(store: Store, options: argparse.Namespace) -> str:
    """Succeed when an environment is there.

    https://docs.github.com/en/rest/deployments/environments#get-an-environment
    """
    *_, kind, name = options.command.split("/")
    if kind != "environments":
        sys.exit(f"gh: only environments can be read, not {options.command}")
    if {"name": name} not in store.read("environments"):
        sys.exit("gh: Not Found (HTTP 404)")
    return ""


def run_list(store: Store, options: argparse.Namespace) -> str:
    """The number of the run of a workflow for a commit."""
    found = [
        run
        for run in store.read("runs")
        if run["workflow"] == options.workflow and run["commit"] == options.commit
    ]
    return "\n".join(str(run["number"]) for run in found[-1:])


def run_watch(store: Store, options: argparse.Namespace) -> str:
    """Succeed as that run did."""
    (found,) = [run for run in store.read("runs") if run["number"] == options.number]
    if found["conclusion"] != "success":
        sys.exit(f"run {options.number} ended with {found['conclusion']}")
    return f"run {options.number} succeeded"


def attestation_verify(store: Store, options: argparse.Namespace) -> str:
    """Find an attestation of this file by this workflow."""
    digest = hashlib.sha256(options.file.read_bytes()).hexdigest()
    workflow = Path(options.signer_workflow).name
    for one in store.attestations:
        if (one["digest"], one["predicate"]) != (digest, options.predicate_type):
            continue
        signed_by = (one["repository"], f"{one['workflow']}.yml")
        if signed_by != (options.repo, workflow):
            continue
        if options.source_digest in {None, one["commit"]}:
            return "verified"
    sys.exit(f"no attestation of {digest}")


def issue_list(store: Store, options: argparse.Namespace) -> str:
    """The number of the issue with a label."""
    found = [
        issue
        for issue in store.read("issues")
        if issue["label"] == options.label and issue["state"] == options.state
    ]
    return "\n".join(str(issue["number"]) for issue in found[-1:])


def label_create(store: Store, options: argparse.Namespace) -> str:
    """Make a label."""
    store.write("labels", [*store.read("labels"), {"name": options.name}])
    return str(options.name)


def issue_create(store: Store, options: argparse.Namespace) -> str:
    """Open an issue, whose label has to be there."""
    if {"name": options.label} not in store.read("labels"):
        sys.exit(f"gh: there is no label {options.label}")
    issues = store.read("issues")
    number = len(issues) + 1
    made = {
        "number": number,
        "title": options.title,
        "body": Path(options.body_file).read_text(),
        "label": options.label,
        "state": "open",
    }
    store.write("issues", [*issues, made])
    return f"https://github.com/{options.repo}/issues/{number}"


def _change_issue(store: Store, number: int, **changes: str) -> str:
    issues = store.read("issues")
    store.write("issues", [one | changes if one["number"] == number else one for one in issues])
    return f"issue {number}"


def issue_edit(store: Store, options: argparse.Namespace) -> str:
    """Replace an issue's text."""
    return _change_issue(store, options.number, body=Path(options.body_file).read_text())


def issue_close(store: Store, options: argparse.Namespace) -> str:
    """Close an issue, with a comment."""
    return _change_issue(store, options.number, state="closed", comment=options.comment)


def pr_comment(store: Store, options: argparse.Namespace) -> str:
    """Write the one comment of this workflow on a pull request."""
    others = [one for one in store.read("comments") if one["number"] != options.number]
    made = {"number": options.number, "body": Path(options.body_file).read_text()}
    store.write("comments", [*others, made])
    return f"commented on {options.number}"


def main() -> None:
    """Do one command."""
    options = parser().parse_args()
    if not os.environ.get("GH_TOKEN"):
        sys.exit("gh: GH_TOKEN is not set")
    repository = Path(os.environ["REHEARSAL_REPOSITORY"])
    job = workflows.find(repository, os.environ["GITHUB_WORKFLOW"], os.environ["GITHUB_JOB"])
    what, access = PERMISSIONS[options.group]
    if not job.may(what, access):
        sys.exit(f"gh: {os.environ['GITHUB_JOB']} has no permission {what}: {access}")
    store = Store(Path(os.environ["REHEARSAL_GITHUB"]))
    command = api if options.group == "api" else COMMANDS[options.group, options.command]
    sys.stdout.write(command(store, options) + "\n")


COMMANDS = {
    ("run", "list"): run_list,
    ("run", "watch"): run_watch,
    ("attestation", "verify"): attestation_verify,
    ("issue", "list"): issue_list,
    ("label", "create"): label_create,
    ("issue", "create"): issue_create,
    ("issue", "edit"): issue_edit,
    ("issue", "close"): issue_close,
    ("pr", "comment"): pr_comment,
}


if __name__ == "__main__":
    main()
