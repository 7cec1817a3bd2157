"""`mesh dev`: each save is live within seconds, at the address and behind the checks of `mesh up`.

A save takes a shorter way than `mesh up`: the zip is built without the fast path, which takes
longest to verify, and goes to local AWS without Terraform. FastMCP gives the answers meanwhile;
they are the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from mesh import build as bundle
from mesh import packages
from mesh.build.failure import BuildError
from mesh.build.limits import needs_bucket
from mesh.failure import CommandFailedError
from mesh.local_aws import process
from mesh.logs import function_log
from mesh.smoke import credential
from mesh.stack import local_aws_client, lock
from mesh.stack.deployment import ZIP_BUCKET

if TYPE_CHECKING:
    from mesh.build import BuildResult
    from mesh.build.project import Project
    from mesh.local_aws.process import Running
    from mesh.settings import Settings
    from mesh.stack.stack import Stack

POLL_SECONDS = 0.15
# INIT may take so long on Lambda: 10 s, and as much again after that failed.
START_SECONDS = 20.0

type Seen = Mapping[Path, tuple[int, int]]


@dataclass(frozen=True)
class Saved:
    """What became of a save.

    Attributes:
        files: What was saved, removed or made, relative to the server's folder.
        seconds: From the moment it was noticed until it was live, or was found not to work.
        problem: Why it is not live; None when it is. What was live before still is.
        is_setting: Settings, packages or values have changed: only `mesh up` can apply them.
    """

    files: tuple[str, ...]
    seconds: float = 0.0
    problem: str | None = None
    is_setting: bool = False


@dataclass(frozen=True)
class Dev:
    """One server that is up.

    Attributes:
        here: its stack.
        settings: its settings.
        project: what its zip is built from.
        architecture: this machine's.
    """

    here: Stack
    settings: Settings
    project: Project
    architecture: str

    def saves(self, before: Seen) -> Iterator[Saved]:
        """Put each save live; ends after one that `mesh up` has to apply.

        Args:
            before: what `look` gave before the zip was built that is live.
        """
        while True:
            time.sleep(POLL_SECONDS)
            now = self.look()
            changed = sorted(
                path for path in before.keys() | now.keys() if before.get(path) != now.get(path)
            )
            if not changed:
                continue
            before = now
            files = tuple(self._name(path) for path in changed)
            if self._inputs().intersection(changed):
                yield Saved(files, is_setting=True)
                return
            started = time.monotonic()
            try:
                self.put()
            except (BuildError, CommandFailedError) as error:
                yield Saved(files, time.monotonic() - started, str(error))
            else:
                yield Saved(files, time.monotonic() - started)

    def look(self) -> Seen:
        """When each file was changed last, and how large it is."""
        found = {}
        for path in [*(path for _, path in self.project.files()), *self._inputs()]:
            try:
                about = path.stat()
            except OSError:  # an editor replaces it right now
                continue
            found[path] = (about.st_mtime_ns, about.st_size)
        return found

    def put(self) -> None:
        """Build what is there now, try it at the candidate's address, and put it live.

        Raises:
            BuildError: it cannot be built, or cannot be imported.
            CommandFailedError: it does not start, or local AWS does not run.
        """
        with lock.exclusive(self.here.lock, "mesh dev"):
            built = bundle.build(
                self.project, self.architecture, output=self._zip, has_fast_path=False
            )
            running = process.find(self.here.aws)
            if running is None:
                raise CommandFailedError("local AWS has ended: run `mesh dev` again.")
            outputs = self.here.read_outputs()
            name = outputs["function_name"]
            client = self._lambda
            version = client.update_function_code(
                FunctionName=name, Publish=True, **self._code(built, running)
            )["Version"]
            client.update_alias(FunctionName=name, Name="candidate", FunctionVersion=version)
            self._try(outputs["candidate_url"], running, outputs["log_group_name"])
            client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)

    def _code(self, built: BuildResult, running: Running) -> dict[str, object]:
        """The zip as Lambda takes it: in the request, or from the bucket of `mesh up`."""
        if not needs_bucket(built.zip_bytes):
            return {"ZipFile": built.path.read_bytes()}
        s3 = local_aws_client.client("s3", running.environment)
        s3.upload_file(str(built.path), ZIP_BUCKET, built.path.name)
        return {"S3Bucket": ZIP_BUCKET, "S3Key": built.path.name}

    def _try(self, url: str, running: Running, log_group: str) -> None:
        """List the tools at an address: this starts an instance, which then serves live, too."""
        started_ms = int(time.time() * 1000)
        signed = credential.SigV4(local_aws_client.credentials(running.environment), running.region)
        answer = httpx.post(
            f"{url}rpc", json={"method": "tools/list"}, auth=signed, timeout=START_SECONDS
        )
        if answer.status_code == httpx.codes.OK:
            return
        # The build names the line of the author's that fails, and an instance does not.
        bundle.build(self.project, self.architecture, output=self._zip)
        logs = local_aws_client.logs(running.environment)
        said = function_log.last_error(logs, log_group, started_ms)
        raise CommandFailedError("\n".join(said) or f"HTTP {answer.status_code}: {answer.text}")

    @cached_property
    def _lambda(self) -> Any:
        # Kept: making one takes longer than all else of a save.
        running = process.find(self.here.aws)
        return local_aws_client.client("lambda", running.environment if running else {})

    @property
    def _zip(self) -> Path:
        return self.here.mesh / "dist" / "dev.zip"

    def _inputs(self) -> frozenset[Path]:
        """The files that only a whole `mesh up` takes in."""
        folder = self.settings.folder
        declared = packages.declared(folder, self.settings.file, self.settings.requirements)
        names = ("mesh.toml", "pyproject.toml", self.here.values_of("local").name)
        kept = [folder / self.settings.lock] if self.settings.lock else []
        return frozenset([*(folder / name for name in names), *declared.inputs, *kept])

    def _name(self, path: Path) -> str:
        folder = self.settings.folder
        return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
