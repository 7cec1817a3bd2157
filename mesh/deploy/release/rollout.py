"""A release: held back, tried, put live, and taken back when it does not pass."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from mesh.deploy.release.canary import Canary
from mesh.deploy.release.live import live_now, refuse_moved_by_others
from mesh.deploy.release.live_settings import LiveSetting, live_settings, restore
from mesh.deploy.release.live_watch import LiveWatch, trouble
from mesh.deploy.release.root import GuardStoppedError, NotBegunError, Pins, Planned
from mesh.deploy.release.trial import (
    NO_KEY,
    NotReleasedError,
    live_credential,
    live_url,
    refuse_wrong_key,
    smoke_test,
)
from mesh.deploy.release.versions import Alias
from mesh.failure import CommandFailedError
from mesh.sign_in import issuer
from mesh.stack.terraform_run import interrupts_held

if TYPE_CHECKING:
    import httpx

    from mesh.deploy.release.target import Target
    from mesh.progress import Steps

# Plan, apply, candidate's smoke test, plan, apply, live's smoke test.
STEPS = 6
READY = "aws_lambda_provisioned_concurrency_config"


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


def _release(target: Target, options: Options, steps: Steps, folder: Path) -> Released:
    before = target.root.outputs()
    target.refuse_other_server(before)
    live = live_now(target, before)
    steps.total = STEPS + (options.canary is not None and live is not None)
    run = _Run(target, options, steps, live, before, folder)
    try:
        outputs = run.hold()
        candidate = str(outputs["candidate_version"])
        if live is None or candidate == live:
            # The first one is live as soon as it is made. With nothing new, what else was
            # changed is applied, and live is what is newest.
            steps.total = steps.number + 1
            run.try_live(outputs, candidate)
            return Released(candidate, live, outputs)
        run.try_candidate(outputs)
        if options.canary is not None:
            run.canary(options.canary, candidate)
        outputs = run.promote()
        run.try_live(outputs, candidate)
    except KeyboardInterrupt:
        print(f"interrupted\n\n{run.undone()}", file=sys.stderr)
        raise
    except GuardStoppedError as error:
        if not run.applied:
            raise
        raise GuardStoppedError(
            f"{error}\n\n{run.undone()}\n", error.plan, error.verdict
        ) from error
    except CommandFailedError as error:
        kind = NotReleasedError if run.applied else CommandFailedError
        raise kind(f"{error}\n\n{run.undone()}") from error
    except Exception:
        print(f"an unexpected error ended the release\n\n{run.undone()}\n", file=sys.stderr)
        raise
    return Released(candidate, live, outputs)


@dataclass
class _Run:
    """One release under way.

    Attributes:
        target: the deployment.
        options: how to release.
        steps: where to show the progress.
        live: the version that was live before; None for the first.
        outputs: Terraform's, of the last apply that left live where it was.
        folder: for plans.
        auth: what the server demands, MESH_AUTH.
        settings: what was changed for live at once, beside any version.
        applied: whether anything was.
        moved: whether live may be something else than it was.
        keeps_ready: whether instances were kept ready for live, and now are for another version.
    """

    target: Target
    options: Options
    steps: Steps
    live: str | None
    outputs: Mapping[str, Any]
    folder: Path
    auth: str = "api_key"
    settings: tuple[LiveSetting, ...] = ()
    applied: bool = False
    moved: bool = False
    keeps_ready: bool = False

    def hold(self) -> dict[str, Any]:
        """Apply everything, with live pinned to the version that it is, and watch live."""
        saved = self.options.saved
        name = "plan" if self.live is None else f"plan, live held at version {self.live}"
        with self.steps.step(name) as step:
            file = self.folder / "hold.tfplan"
            planned = self.target.root.planned(file, Pins.at(self.live), saved=saved)
            self._check(planned)
            refuse_moved_by_others(self.target, planned.live_before, self.live)
            step.detail = f"({planned.amount}, the guard has nothing to object)"
            # Before anything is applied: whoever releases can still stop.
            step.notes += issuer.notes(planned.environment())
            if self.live is not None:
                self.settings = live_settings(planned.plan)
                step.notes += [f"for live at once, {setting}" for setting in self.settings]
        with self.steps.step("apply") as step, LiveWatch(self._trouble) as watch:
            self.applied = True
            try:
                outputs = self._applied(planned, stop=watch.is_down)
            except NotBegunError:
                # What the settings are now is somebody else's doing, and stays.
                self.applied = False
                raise
            except CommandFailedError as error:
                ill = watch.suffering()
                if ill:
                    raise NotReleasedError(f"{self._suffers(ill)}\n{error}") from error
                raise
            ill = watch.suffering()
            if ill:
                raise NotReleasedError(self._suffers(ill))
            step.detail = f"(version {outputs['candidate_version']} is the candidate)"
        if self.live is not None:
            self.outputs = outputs
        return outputs

    def try_candidate(self, outputs: Mapping[str, Any]) -> None:
        """Smoke-test the newest version at its own URL, which is IAM's."""
        url = outputs["candidate_url"]
        self._smoke("candidate", url, self.target.sign(url), outputs, outputs["candidate_version"])

    def canary(self, weight: float, candidate: str) -> None:
        """Give the new version a share of live's requests, and look at what live answers."""
        seconds = self.options.canary_seconds
        with self.steps.step(f"canary, {weight:.0%} of live for {seconds:.0f} s") as step:
            url = str(live_url(self.outputs))
            # The last one notifies. Others go on for a single failure, which may be a caller's.
            alarms = (self.outputs.get("alarm_names") or ())[-1:]
            watched = Canary(self.target, url, self._credential(url), alarms)
            planned = self._planned_move("canary", Pins(int(str(self.live)), weight))
            self.moved = True
            outputs = self._applied(planned)
            self._await(outputs, str(self.live), {candidate: weight})
            counts = watched.watch(seconds, self.options.deadline_seconds)
            step.detail = f"(smoke tests passed, no alarm was raised; by /health's {counts})"

    def promote(self) -> dict[str, Any]:
        """Put the newest version live, and change nothing else."""
        with self.steps.step("plan of the promotion") as step:
            planned = self._planned_move("promote", Pins(None))
            self.keeps_ready = any(change.type == READY for change in planned.plan.effects)
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

    def undone(self) -> str:
        """Make live again what it was, and say what it is: AWS and live itself are asked."""
        if self.live is None:
            return self._what_next(None)
        told: list[str] = []
        alias: Alias | str | None = None
        # A second signal ends what takes long. Where live leads is still said.
        with suppress(KeyboardInterrupt):
            self._undo(told)
        with suppress(KeyboardInterrupt), interrupts_held():
            alias = self._alias()
            told.append(self._asked(alias))
        return "\n".join([*told, self._what_next(alias)])

    def _undo(self, told: list[str]) -> None:
        """Put back what this release changed; `told` gets what became of it."""
        changed = self.moved
        try:
            # A cancelled job has ten seconds: first what callers see, and a second signal waits.
            # https://docs.github.com/en/actions/reference/workflow-cancellation-reference
            with interrupts_held():
                if self.moved:
                    told += self._moved_back()
                if self.applied and self.settings:
                    restored = restore(self.settings, self.target.client)
                    told += [f"Restored as it was: {address}." for address in restored.done]
                    told += [f"Not restored: {setting}." for setting in restored.left]
                    changed = changed or bool(restored.done)
        except KeyboardInterrupt:
            told += self._unrecorded("interrupted") if changed else []
            return
        if changed:
            told += self._recorded()

    def _what_next(self, alias: Alias | str | None) -> str:
        """What to run after a release that was not finished."""
        again = f"To release after all: mesh release{self.target.again}"
        if not isinstance(alias, Alias) or not self.applied:
            return again
        return (
            f"{again}\nUntil then a plain `terraform apply` would put the newest version live; "
            f"-var live_version={alias.version} keeps it."
        )

    def _moved_back(self) -> list[str]:
        """Put back live what it was, by AWS itself: Terraform would first read all there is.

        Where somebody else put live meanwhile, it stays.
        """
        name, parameter = self.outputs["function_name"], self.outputs.get("live_version_parameter")
        # A step of its own: a job that is killed a moment later has said so much.
        self.steps.total = self.steps.number + 3
        try:
            with self.steps.step(f"put version {self.live} live again") as step:
                found = self.target.aws.alias(name, "live").version
                if found not in {self.live, str(self.outputs["candidate_version"])}:
                    self.moved = False
                    step.detail = f"no: version {found} is live"
                    return [f"Somebody else put version {found} live meanwhile, so it stays."]
                self.target.aws.move_live(name, str(self.live), parameter)
        except CommandFailedError as error:
            return [f"Live could not be put back: {error}"]
        return []

    def _recorded(self) -> list[str]:
        """Have Terraform's state say what was put back, and test live if it was moved."""
        self.steps.total = self.steps.number + 1 + self.moved
        try:
            with self.steps.step("record in Terraform's state"):
                outputs = self.target.root.record(Pins.at(self.live))
                self.target.changed(outputs)
            if self.moved:
                self.try_live(outputs, str(self.live))
        except NotReleasedError as error:
            return [f"It does not pass either, so the cause may lie elsewhere:\n{error}"]
        except (CommandFailedError, KeyboardInterrupt) as error:
            return self._unrecorded(str(error) or "interrupted")
        ready = " To keep instances ready for it again: mesh rollback "
        kept = f"{ready}{self.live}{self.target.again}" if self.keeps_ready else ""
        return [f"Version {self.live} passes its smoke test.{kept}"] if self.moved else []

    def _unrecorded(self, because: str) -> list[str]:
        told = f"Terraform's state does not say so yet: {because}"
        return [told, f"Let it be told: mesh rollback {self.live}{self.target.again}"]

    def _alias(self) -> Alias | str:
        """Where live leads now, or why that is not known."""
        try:
            return self.target.aws.alias(self.outputs["function_name"], "live")
        except CommandFailedError as error:
            return str(error)

    def _asked(self, alias: Alias | str) -> str:
        """What is live, and whether it answers, which is asked now."""
        if not isinstance(alias, Alias):
            return f"Which version is live is not known: {alias}"
        still = "again" if self.moved else "still"
        found = f"Live is {still} {alias}" if alias.version == self.live else f"Live is {alias}"
        ill = self._trouble()
        if ill:
            return f"{found}, and does not answer as it should: {ill}"
        return f"{found}, and answers."

    def _suffers(self, ill: str) -> str:
        changed = "\n".join(f"  {setting}" for setting in self.settings)
        because = f"; changed for it were:\n{changed}" if changed else ""
        return f"live answered before the apply, and does not any more: {ill}{because}"

    def _trouble(self) -> str | None:
        """What is wrong with live's answer; None when it answers, or there is no live yet."""
        url = live_url(self.outputs)
        try:
            return trouble(url, self._credential(url)) if url else None
        except (CommandFailedError, BotoCoreError) as error:
            return f"it cannot be asked: {error}"

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
        url = live_url(self.outputs)
        if url is not None and self.auth not in NO_KEY and self.target.key:
            refuse_wrong_key(url, self.target.key)

    def _credential(self, url: str) -> httpx.Auth | None:
        return live_credential(self.target, url, self.auth)

    def _planned_move(self, name: str, pins: Pins) -> Planned:
        file = self.folder / f"{name}.tfplan"
        planned = self.target.root.planned(file, pins, move_only=True)
        refuse_moved_by_others(self.target, planned.live_before, self.live)
        return planned

    def _applied(self, planned: Planned, **stop: Any) -> dict[str, Any]:
        outputs = planned.apply(**stop)
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
        )
