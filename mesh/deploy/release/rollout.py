"""A release: held back, tried, put live, and taken back when it does not pass."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.deploy.release.rollback import BACK_STEPS, back
from mesh.deploy.release.root import GuardStoppedError, Pins, Planned
from mesh.deploy.release.trial import (
    NO_KEY,
    NotReleasedError,
    failures,
    live_credential,
    live_url,
    refuse_wrong_key,
    smoke_test,
)
from mesh.failure import CommandFailedError
from mesh.smoke import smoke

if TYPE_CHECKING:
    import httpx

    from mesh.deploy.release.target import Target
    from mesh.progress import Steps

# Plan, apply, candidate's smoke test, plan, apply, live's smoke test.
STEPS = 6
CANARY_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Options:
    """How to release.

    Attributes:
        deadline_seconds: for each smoke test.
        canary: share of live's requests for the new version before it has all; None for none.
        canary_seconds: how long.
        saved: a plan made before, to begin with; None to plan now.
    """

    deadline_seconds: float = 60.0
    canary: float | None = None
    canary_seconds: float = 60.0
    saved: Path | None = None


@dataclass(frozen=True)
class Released:
    """What is live now, and was before; `outputs` are Terraform's."""

    version: str
    before: str | None
    outputs: Mapping[str, Any]


def release(target: Target, options: Options, steps: Steps) -> Released:
    """Release what the root's zip and variables say.

    Until the new version has passed at the candidate's URL, live stays what it is; when
    it does not pass there or live, live is, or becomes again, what it was. Ctrl-C counts
    as not passing.

    Raises:
        GuardStoppedError: the plan guard objects.
        NotReleasedError: the new version did not pass.
        CommandFailedError: something else failed; the text says what is live.
    """
    with tempfile.TemporaryDirectory(prefix="mesh-release-") as folder:
        return _release(target, options, steps, Path(folder))


def refuse_other_server(target: Target, outputs: Mapping[str, Any]) -> None:
    """Refuse a state that another server's deployment is in: it would be replaced.

    Raises:
        CommandFailedError: names both.
    """
    deployed = outputs.get("function_name")
    if deployed and target.function_name and deployed != target.function_name:
        raise CommandFailedError(
            f"this state has the deployment {deployed}, and not {target.function_name}. Give each "
            "server a state bucket of its own (TF_STATE_BUCKET), or the name that it was "
            "deployed with."
        )


def _release(target: Target, options: Options, steps: Steps, folder: Path) -> Released:
    before = target.root.outputs()
    refuse_other_server(target, before)
    live = str(before["live_version"]) if before.get("live_version") else None
    steps.total = STEPS + (options.canary is not None and live is not None)
    run = _Run(target, options, steps, live, live_url(before), folder)
    try:
        outputs = run.hold()
        candidate = str(outputs["candidate_version"])
        if candidate == live:
            # Nothing new: what else was changed is applied, and live is what is newest.
            steps.total = 3
            run.try_live(outputs, candidate)
            return Released(candidate, live, outputs)
        run.try_candidate(outputs)
    except KeyboardInterrupt:
        print(f"interrupted; {run.untouched[0].lower()}{run.untouched[1:]}", file=sys.stderr)
        raise
    except (GuardStoppedError, NotReleasedError):
        raise
    except CommandFailedError as error:
        raise CommandFailedError(f"{error}\n{run.untouched}") from error
    if live is None:
        # The first one is live as soon as it is made.
        steps.total = 4
        run.try_live(outputs, candidate)
        return Released(candidate, None, outputs)
    try:
        if options.canary is not None:
            run.canary(options.canary, candidate)
        outputs = run.promote()
        run.try_live(outputs, candidate)
    except (CommandFailedError, KeyboardInterrupt) as error:
        run.go_back(error)
        raise
    return Released(candidate, live, outputs)


@dataclass
class _Run:
    """One release under way; `moved` once live may be something else than it was."""

    target: Target
    options: Options
    steps: Steps
    live: str | None
    url: str | None
    folder: Path
    auth: str = "api_key"
    moved: bool = False

    @property
    def untouched(self) -> str:
        """What is live, when nothing was moved, and what to do."""
        still = f"Live is still version {self.live}. " if self.live is not None else ""
        return f"{still}{self.what_next}"

    @property
    def what_next(self) -> str:
        """What to run after a release that was not finished."""
        again = f"To release after all: mesh release{self.target.again}"
        if self.live is None:
            return again
        return (
            f"{again}\nUntil then a plain `terraform apply` would put the newest version live; "
            f"-var live_version={self.live} keeps it."
        )

    def hold(self) -> dict[str, Any]:
        """Apply everything, with live pinned to the version that it is."""
        saved = self.options.saved
        name = "plan" if self.live is None else f"plan, live held at version {self.live}"
        with self.steps.step(name) as step:
            file = self.folder / "hold.tfplan"
            planned = self.target.root.planned(file, Pins.at(self.live), saved=saved)
            self._check(planned)
            step.detail = f"({planned.amount}, the guard has nothing to object)"
        with self.steps.step("apply") as step:
            outputs = self._applied(planned)
            step.detail = f"(version {outputs['candidate_version']} is the candidate)"
        return outputs

    def try_candidate(self, outputs: Mapping[str, Any]) -> None:
        """Smoke-test the newest version at its own URL, which is IAM's."""
        url = outputs["candidate_url"]
        self._smoke("candidate", url, self.target.sign(url), outputs, outputs["candidate_version"])

    def canary(self, weight: float, candidate: str) -> None:
        """Give the new version a share of live's requests, and look at what live answers."""
        seconds = self.options.canary_seconds
        with self.steps.step(f"canary, {weight:.0%} of live for {seconds:.0f} s") as step:
            planned = self._planned_move("canary", Pins(int(str(self.live)), weight))
            self.moved = True
            outputs = self._applied(planned)
            self._await(outputs, str(self.live), {candidate: weight})
            answered = dict.fromkeys((str(self.live), candidate), 0)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                url = str(live_url(outputs))
                report = smoke.smoke(
                    url,
                    configured=self.target.configured,
                    credential=self._credential(url),
                    deadline_seconds=self.options.deadline_seconds,
                )
                version = str(report.health.get("function_version"))
                answered[version] = answered.get(version, 0) + 1
                # Repeated with success is a failure here: a caller saw it.
                if not report.ok or any(check.attempts > 1 for check in report.checks):
                    raise NotReleasedError(
                        f"with {weight:.0%} of its requests at version {candidate}, the live URL "
                        f"failed:\n{failures(report)}"
                    )
                time.sleep(CANARY_PAUSE_SECONDS)
            counts = ", ".join(f"version {name}: {count}" for name, count in answered.items())
            step.detail = f"(smoke tests passed, by /health's {counts})"

    def promote(self) -> dict[str, Any]:
        """Put the newest version live, and change nothing else."""
        with self.steps.step("plan of the promotion") as step:
            planned = self._planned_move("promote", Pins(None))
            step.detail = "(only live moves)"
        with self.steps.step("promote") as step:
            self.moved = True
            outputs = self._applied(planned)
            self._await(outputs, str(outputs["candidate_version"]), {})
            step.detail = f"(version {outputs['live_version']} is live)"
        return outputs

    def try_live(self, outputs: Mapping[str, Any], version: str) -> None:
        """Smoke-test the live URL, where this version has to answer."""
        url = str(live_url(outputs))
        self._smoke("live", url, self._credential(url), outputs, version)

    def go_back(self, error: BaseException) -> None:
        """Put back live what it was, and raise what says so.

        Raises:
            NotReleasedError: always, but for Ctrl-C.
        """
        if not self.moved and isinstance(error, GuardStoppedError):
            return
        if not self.moved:
            raise NotReleasedError(f"{error}\n{self.untouched}") from error
        interrupted = isinstance(error, KeyboardInterrupt)
        said = "interrupted" if interrupted else str(error)
        self.steps.total = self.steps.number + BACK_STEPS
        try:
            outputs = back(self.target, str(self.live), self.steps, self.options.deadline_seconds)
        except NotReleasedError as second:
            raise NotReleasedError(
                f"{said}\n\nVersion {self.live} is live again, and does not pass either, so the "
                f"cause may lie elsewhere:\n{second}\n{self.what_next}"
            ) from second
        except (CommandFailedError, KeyboardInterrupt) as second:
            raise NotReleasedError(
                f"{said}\n\nGoing back to version {self.live} failed too: {second}\n"
                f"Look what is live, and put it back: mesh rollback {self.live}{self.target.again}"
            ) from second
        told = (
            f"Version {outputs['live_version']} is live again and passes. Version "
            f"{outputs['candidate_version']} stays at the candidate's URL. {self.what_next}"
        )
        if interrupted:
            print(f"{said}; {told}", file=sys.stderr)
            return
        raise NotReleasedError(f"{said}\n\n{told}") from error

    def _check(self, planned: Planned) -> None:
        """Refuse before anything is applied what could not be finished."""
        if self.options.saved is not None and planned.pinned != self.live:
            raise CommandFailedError(
                f"the plan {self.options.saved} holds live at version {planned.pinned or 'newest'} "
                f"and version {self.live or 'none'} is live now: make the plan again."
            )
        self.auth = planned.environment().get("MESH_AUTH", self.auth)
        if self.live is not None and self.auth not in NO_KEY and not self.target.key:
            raise CommandFailedError(
                "the live URL demands a key, and without one it cannot be tested after the "
                "promotion. Set MESH_API_KEY to an API key or access token; nothing was applied."
            )
        if self.url is not None and self.auth not in NO_KEY and self.target.key:
            refuse_wrong_key(self.url, self.target.key)

    def _credential(self, url: str) -> httpx.Auth | None:
        return live_credential(self.target, url, self.auth)

    def _planned_move(self, name: str, pins: Pins) -> Planned:
        file = self.folder / f"{name}.tfplan"
        return self.target.root.planned(file, pins, move_only=True)

    def _applied(self, planned: Planned) -> dict[str, Any]:
        outputs = planned.apply()
        self.target.changed(outputs)
        return outputs

    def _await(self, outputs: Mapping[str, Any], version: str, weights: dict[str, float]) -> None:
        self.target.aws.await_alias(outputs["function_name"], version, weights)

    def _smoke(
        self,
        name: str,
        url: str,
        proof: httpx.Auth | None,
        outputs: Mapping[str, Any],
        version: str,
    ) -> None:
        smoke_test(
            self.target,
            name,
            url,
            proof,
            outputs=outputs,
            version=str(version),
            deadline_seconds=self.options.deadline_seconds,
            auth=self.auth,
            steps=self.steps,
            ending=lambda: "" if self.moved else self.untouched,
        )
