"""A plan as `terraform show -json` gives it, and the parts of it that are looked at.

https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.failure import CommandFailedError
from mesh.stack.terraform_run import first_error

NOTHING_TO_DO = (["no-op"], ["read"])


@dataclass(frozen=True)
class Change:
    """What a plan does to one resource.

    Attributes:
        address: with modules and instance keys.
        type: such as `aws_lambda_function`.
        actions: `create`, `update`, `delete`, `forget`, `no-op`; two for a replacement.
        before: attributes now, {} when it does not exist.
        after: attributes as planned, without those that are known after the apply only.
        unknown: those, as true.
        sensitive: attributes that must not be shown, as true.
        replace_paths: attributes that force a replacement.
        reason: Terraform's `action_reason`, or "".
    """

    address: str
    type: str
    actions: list[str]
    before: dict[str, Any]
    after: dict[str, Any]
    unknown: dict[str, Any]
    sensitive: dict[str, Any]
    replace_paths: list[list[Any]]
    reason: str

    @property
    def is_replaced(self) -> bool:
        """Whether it is destroyed and another is made in its place."""
        return {"create", "delete"} <= set(self.actions)

    @property
    def is_lost(self) -> bool:
        """Whether what exists now will not."""
        return "delete" in self.actions

    @property
    def is_written(self) -> bool:
        """Whether anything of it is made or changed."""
        return bool({"create", "update"} & set(self.actions))

    def changes(self, attribute: str) -> bool:
        """Say whether an attribute has another value afterwards, or one not yet known."""
        return attribute in self.unknown or self.before.get(attribute) != self.after.get(attribute)


@dataclass(frozen=True)
class Plan:
    """The parts of a plan that matter here; `drift` is what others changed since the last apply."""

    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    variables: Mapping[str, Any]
    outputs: Mapping[str, Any]
    errored: bool

    def written(self) -> Iterator[Change]:
        """Give the changes that make or change something."""
        return (change for change in self.changes if change.is_written)

    @property
    def effects(self) -> tuple[Change, ...]:
        """The changes that are any."""
        return tuple(change for change in self.changes if change.actions not in NOTHING_TO_DO)


def read_plan(source: Path, *, root: Path, variables: Mapping[str, str]) -> Plan:
    """Read a plan that `terraform plan -out` saved, or its JSON from `terraform show -json`.

    Args:
        source: the file; `-` is standard input, JSON then.
        root: where Terraform is run to show a saved plan; initialised.
        variables: the environment of that run.

    Raises:
        CommandFailedError: it cannot be read, or is no plan.
    """
    try:
        content = Path("/dev/stdin" if str(source) == "-" else source).read_bytes()
    except OSError as error:
        raise CommandFailedError(f"the plan {source} cannot be read: {error.strerror}") from error
    if not content.lstrip().startswith(b"{"):
        content = _shown(source, root=root, variables=variables)
    try:
        return parse_plan(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandFailedError(
            f"{source} is no plan of Terraform's. Save one with `terraform plan -out=FILE`, "
            "or give the output of `terraform show -json FILE`."
        ) from error


def parse_plan(shown: dict[str, Any]) -> Plan:
    """Read what `terraform show -json` printed for a plan.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is something else.
    """
    if "terraform_version" not in shown or "planned_values" not in shown:
        raise ValueError("not a plan")
    return Plan(
        changes=tuple(_changes(shown.get("resource_changes", ()))),
        drift=tuple(_changes(shown.get("resource_drift", ()))),
        variables={name: given["value"] for name, given in shown.get("variables", {}).items()},
        outputs={name: change.get("after") for name, change in shown["output_changes"].items()}
        if "output_changes" in shown
        else {},
        errored=bool(shown.get("errored")),
    )


def _changes(listed: Any) -> Iterator[Change]:
    for resource in listed:
        if resource.get("mode") != "managed":
            continue
        change = resource["change"]
        yield Change(
            address=resource["address"],
            type=resource["type"],
            actions=change["actions"],
            before=change.get("before") or {},
            after=change.get("after") or {},
            unknown=_marks(change.get("after_unknown")),
            sensitive={
                **_marks(change.get("before_sensitive")),
                **_marks(change.get("after_sensitive")),
            },
            replace_paths=change.get("replace_paths", []),
            reason=resource.get("action_reason", ""),
        )


def _marks(marked: Any) -> dict[str, Any]:
    """Attributes that are marked; Terraform leaves empty blocks in place of what is not."""
    return {name: mark for name, mark in marked.items() if mark} if isinstance(marked, dict) else {}


def _shown(source: Path, *, root: Path, variables: Mapping[str, str]) -> bytes:
    done = subprocess.run(
        ["terraform", f"-chdir={root}", "show", "-json", "-no-color", str(source.absolute())],
        env=dict(variables),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise CommandFailedError(
            f"terraform cannot show the plan {source}: {first_error(done.stderr.decode())}\n"
            f"  `terraform init` must have been run in {root}, with the same providers."
        )
    return done.stdout
