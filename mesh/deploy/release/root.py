"""The root as a release applies it: planned, guarded, and applied exactly as planned."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mesh.build import limits
from mesh.deploy.plan_guard import Finding, Plan, Verdict, judge, read_plan
from mesh.deploy.release.root_copy import Files, unprotected
from mesh.failure import CommandFailedError
from mesh.stack import terraform_run
from mesh.stack.terraform_run import LOCK_TIMEOUT

# What a release decides itself; given from outside it would decide otherwise.
OWN_VARIABLES = re.compile(r"\b(live_version|canary_weight)\b")
UNATTENDED = ("-input=false", "-no-color")
# Options of `terraform plan` that `terraform apply` of its plan needs again, and `output`.
FOR_APPLY = ("-state=", "-lock=", "-lock-timeout=", "-parallelism=")
# A move of live, the instances kept ready for it, and the record of it: all that a promotion or
# its undoing may change.
MOVE = {
    ("aws_lambda_alias", "live"),
    ("aws_lambda_provisioned_concurrency_config", "live"),
    ("aws_ssm_parameter", "live_version"),
}
PROTECTION = "prevent_destroy"
LOCKED = "Error acquiring the state lock"
# Somebody else removed their lock just when Terraform wanted to read whose it is. Terraform then
# gives up although it was told to wait, and has done nothing yet.
LOCK_GONE = "NoSuchKey"
LOCK_ATTEMPTS = 5
UNLOCK = (
    "If that run was killed, its lock is left: `mesh state unlock --environment NAME` shows who "
    "holds it and removes it."
)
# Before it has done anything; with what to say of it.
HINDERED = {
    LOCKED: UNLOCK,
    "Saved plan is stale": "Another release or a rollback was applied meanwhile, so nothing of "
    "this one was.",
}
DENIED = re.compile(r"not authorized to perform|AccessDenied")
RIGHTS = (
    "If `mesh bootstrap` made this role, run it again: it writes the rights that this version of "
    "Mesh needs."
)
ADDRESS = re.compile(r"(?:^|\.)(?P<type>\w+)\.(?P<name>\w+)(?:\[0\])?$")


class GuardStoppedError(CommandFailedError):
    """The plan guard objects to `plan`; nothing was applied. `verdict` says why."""

    def __init__(self, message: str, plan: Plan, verdict: Verdict) -> None:
        super().__init__(message)
        self.plan = plan
        self.verdict = verdict


class NotBegunError(terraform_run.TerraformFailedError):
    """Terraform did not begin: another run has the lock, or changed the state since the plan."""


@dataclass(frozen=True)
class Pins:
    """What a release decides: which version live has, None for the newest, and what share not."""

    live_version: int | None
    canary_weight: float = 0

    @classmethod
    def at(cls, version: str | None) -> Pins:
        """Live at this version, as outputs write it; the newest when None."""
        return cls(None if version is None else int(version))

    @property
    def arguments(self) -> list[str]:
        """As Terraform's command line takes them."""
        weight = [f"-var=canary_weight={self.canary_weight}"]
        if self.live_version is None:  # the command line cannot say null
            return weight
        return [f"-var=live_version={self.live_version}", *weight]


@dataclass(frozen=True)
class Root:
    """One root with one state.

    Attributes:
        folder: the configuration, initialised.
        variables: the environment of Terraform's runs.
        arguments: for `terraform plan`, as if it were run in `folder`.
        log: where Terraform's own output goes.
        allowed: addresses at which the plan guard's findings are meant.
        further: finds in a plan what the guard cannot see, because it asks nobody.
    """

    folder: Path
    variables: Mapping[str, str]
    arguments: tuple[str, ...]
    log: Path
    allowed: tuple[str, ...] = ()
    further: Callable[[Plan], Iterable[Finding]] = lambda _: ()

    def __post_init__(self) -> None:
        """Refuse arguments that would decide what the release decides.

        Raises:
            CommandFailedError: one of them does.
        """
        own = [argument for argument in self.arguments if OWN_VARIABLES.search(argument)]
        if own:
            raise CommandFailedError(
                f"{own[0]!r} is among Terraform's arguments; live_version and canary_weight are "
                "set by this command itself: leave them out."
            )

    @property
    def files(self) -> Files:
        """Where Terraform finds it."""
        return Files(self.folder, self.variables, self.arguments)

    def at(self, files: Files) -> Root:
        """The same root at another place, such as a copy."""
        return replace(
            self, folder=files.folder, variables=files.variables, arguments=files.arguments
        )

    def outputs(self) -> dict[str, Any]:
        """Give the outputs by name; {} before the first apply."""
        state = [arg.removeprefix("-state=") for arg in self.arguments if arg.startswith("-state=")]
        try:
            return terraform_run.read_outputs(
                root=self.folder,
                variables=self._environment(),
                state=Path(state[0]) if state else None,
            )
        except terraform_run.TerraformFailedError as error:
            if not terraform_run.lacks_init(error.output):
                raise
            raise CommandFailedError(
                f"{self.folder} is not initialised: run `terraform init -lockfile=readonly` there, "
                "or name an environment with --environment when its state is in S3."
            ) from error

    def planned(
        self, target: Path, pins: Pins, *, saved: Path | None = None, move_only: bool = False
    ) -> Planned:
        """Plan with these values of variables and let the guard look at it.

        Args:
            target: where the plan is kept until it has been applied.
            pins: where live is to be.
            saved: a plan saved before, to be taken instead; it is not planned again.
            move_only: stop when anything but live would change.

        Raises:
            GuardStoppedError: the guard objects.
            TerraformFailedError: it cannot be planned.
            CommandFailedError: it would change more than it may, or more than was seen.
        """
        if saved is None:
            try:
                self.save(target, pins)
            except terraform_run.TerraformFailedError as error:
                if PROTECTION not in error.output:
                    raise
                # Terraform does not say what causes it, and the guard does.
                with unprotected(self.files) as copy:
                    self.at(copy).save(target, pins)
                    self.at(copy).guarded(target)
                raise
        else:
            # A copy, so that what was looked at is what is applied.
            shutil.copy(saved, target)
        planned = Planned(self, target, self.guarded(target))
        _refuse_large_upload(self.folder, planned.plan)
        if saved is not None:
            self._refuse_hidden_changes(planned.plan, target.with_suffix(".now"), pins)
        if saved is None and pins.live_version is None and planned.pinned is not None:
            raise CommandFailedError(
                f"a file with variables sets live_version to {planned.pinned}, so the newest "
                "version would not become live. Remove it from that file."
            )
        if move_only:
            _refuse_more_than_a_move(planned.plan)
        return planned

    def save(self, target: Path, pins: Pins) -> None:
        """Save a plan with these values of variables."""
        # The pins after the others: of two values of a variable the last counts.
        arguments = [*self.arguments, *pins.arguments]
        self.run("plan", *UNATTENDED, LOCK_TIMEOUT, *arguments, f"-out={target}")

    def _refuse_hidden_changes(self, seen: Plan, target: Path, pins: Pins) -> None:
        """Refuse a saved plan that says less than one made now, with a refresh.

        The plan role reads no parameters and so refreshes nothing: what somebody changed by
        hand since the last apply is not in its plans, and would be changed with the rest.
        """
        self.save(target, pins)
        now = read_plan(target, root=self.folder, variables=self._environment())
        known = {change.address: (change.actions, change.after) for change in seen.effects}
        hidden = [
            change.address
            for change in now.effects
            if known.get(change.address) != (change.actions, change.after)
        ]
        if hidden:
            raise CommandFailedError(
                "the saved plan does not show all that would change now: "
                f"{', '.join(hidden)}. Somebody changed it in AWS, or the zip or a variable is "
                "another; nothing was applied. Put it back, or make the plan again with "
                "credentials that may refresh (without -refresh=false)."
            )

    def record(self, pins: Pins) -> dict[str, Any]:
        """Write what AWS has into the state, change nothing, and give the outputs.

        Raises:
            TerraformFailedError: it failed.
        """
        arguments = [*self.arguments, *pins.arguments]
        self.run("apply", "-refresh-only", "-auto-approve", *UNATTENDED, LOCK_TIMEOUT, *arguments)
        return self.outputs()

    def guarded(self, target: Path) -> Plan:
        """Give a saved plan when the guard has nothing to object.

        Raises:
            GuardStoppedError: it has.
        """
        plan = read_plan(target, root=self.folder, variables=self._environment())
        verdict = self.verdict(plan)
        if not verdict.ok:
            said = "the plan guard stops this; nothing was applied."
            raise GuardStoppedError(said, plan, verdict)
        return plan

    def verdict(self, plan: Plan) -> Verdict:
        """What the guard says of a plan, with what only AWS knows."""
        return judge(plan, self.allowed, self.further(plan))

    def run(self, *arguments: str, stop: Callable[[], bool] | None = None) -> None:
        """Run Terraform, its output into the log; `stop` as `terraform_run.run` takes it.

        Raises:
            NotBegunError: another run stood in its way.
            TerraformFailedError: it failed; with the remedy for a right that is missing.
        """
        for left in reversed(range(LOCK_ATTEMPTS)):
            try:
                terraform_run.run(
                    arguments,
                    root=self.folder,
                    variables=self._environment(),
                    log=self.log,
                    stop=stop,
                )
            except terraform_run.TerraformFailedError as error:
                if left and LOCKED in error.output and LOCK_GONE in error.output:
                    continue
                for sign, remedy in HINDERED.items():
                    if sign in error.output:
                        raise NotBegunError(f"{error}\n{remedy}", error.output) from error
                if DENIED.search(error.output):
                    told = f"{error}\n{RIGHTS}"
                    raise terraform_run.TerraformFailedError(told, error.output) from error
                raise
            return

    def shown_state(self) -> dict[str, Any]:
        """Give the state as `terraform show -json` does."""
        states = [
            arg.removeprefix("-state=") for arg in self.arguments if arg.startswith("-state=")
        ]
        done = subprocess.run(
            ["terraform", f"-chdir={self.folder}", "show", "-json", *states],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return dict(json.loads(done.stdout)) if done.returncode == 0 else {}

    def _environment(self) -> dict[str, str]:
        own = {"TF_VAR_live_version", "TF_VAR_canary_weight"}
        return {name: value for name, value in self.variables.items() if name not in own}


@dataclass(frozen=True)
class Planned:
    """A plan that the guard let pass, ready to be applied exactly so."""

    root: Root
    file: Path
    plan: Plan

    @property
    def pinned(self) -> str | None:
        """The live_version that it was made with."""
        value = self.plan.variables.get("live_version")
        return None if value is None else f"{float(value):.0f}"

    @property
    def live_before(self) -> str | None:
        """The version that live leads to when it is planned; None before there is a live."""
        for change in self.plan.changes:
            found = ADDRESS.search(change.address)
            if found and (found["type"], found["name"]) == ("aws_lambda_alias", "live"):
                return change.before.get("function_version")
        return None

    @property
    def amount(self) -> str:
        """How much it changes, in words."""
        count = len(self.plan.effects)
        return f"{count} resource{'' if count == 1 else 's'} to change" if count else "no changes"

    def environment(self) -> dict[str, str]:
        """The function's environment variables as planned; {} when they are not known."""
        for change in self.plan.changes:
            if change.type == "aws_lambda_function":
                blocks = change.after.get("environment") or [{}]
                return dict((blocks[0] or {}).get("variables") or {})
        return {}

    def apply(self, stop: Callable[[], bool] | None = None) -> dict[str, Any]:
        """Apply it, and give the outputs by name.

        Args:
            stop: asked again and again; true stops it.

        Raises:
            TerraformFailedError: it failed, or was stopped.
        """
        again = [arg for arg in self.root.arguments if arg.startswith(FOR_APPLY)]
        self.root.run("apply", *UNATTENDED, LOCK_TIMEOUT, *again, str(self.file), stop=stop)
        return self.root.outputs()


def _refuse_large_upload(folder: Path, plan: Plan) -> None:
    """Refuse what Lambda would refuse in the middle of the apply."""
    for change in plan.written():
        name = change.after.get("filename") if change.type == "aws_lambda_function" else None
        if name and limits.needs_bucket((folder / name).stat().st_size):
            raise CommandFailedError(f"{folder / name}: {limits.NEEDS_BUCKET}")


def _refuse_more_than_a_move(plan: Plan) -> None:
    others = beyond_a_move(plan)
    if others:
        raise CommandFailedError(
            "moving live would change more than live: "
            f"{', '.join(others)}. Was the zip, a variable or AWS itself changed meanwhile? "
            "Run the release again."
        )


def beyond_a_move(plan: Plan) -> list[str]:
    """Give the addresses of what a plan changes beside live."""
    others = []
    for change in plan.effects:
        found = ADDRESS.search(change.address)
        if found is None or (found["type"], found["name"]) not in MOVE:
            others.append(change.address)
    return others
