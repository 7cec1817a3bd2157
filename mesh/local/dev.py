"""`mesh dev`: each save is live within seconds, at the address and behind the checks of `mesh up`.

A save takes a shorter way than `mesh up`: the zip is built without the fast path, which takes
longest to verify, and goes to local AWS without Terraform. FastMCP gives the answers meanwhile;
they are the same. The build hook is called again when another file than a module is saved.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from mesh import build as bundle
from mesh import packages
from mesh.build import hook
from mesh.build.failure import BuildError
from mesh.failure import CommandFailedError
from mesh.local_aws import process
from mesh.logs import function_log
from mesh.smoke import credential
from mesh.stack import local_aws_client
from mesh.stack.stack import exclusive

if TYPE_CHECKING:
    from mesh.build import BuildResult
    from mesh.build.project import Project
    from mesh.local_aws.process import Running
    from mesh.settings import Settings
    from mesh.stack.stack import Stack

POLL_SECONDS = 0.15
# Without versions, so that one save replaces the other.
BUCKET = "mesh-dev"
# INIT may take so long on Lambda: 10 s, and as much again after that failed.
START_SECONDS = 20.0


@dataclass(frozen=True)
class Saved:
    """What became of a save.

    Attributes:
        files: What was saved, removed or made, relative to the server's folder.
        seconds: From the moment it was noticed until it was live, or was found not to work.
        problem: Why it is not live; None when it is. What was live before still is.
        is_whole: Settings, packages or values have changed: only `mesh up` can apply them.
    """

    files: tuple[str, ...]
    seconds: float = 0.0
    problem: str | None = None
    is_whole: bool = False


class Dev:
    """One server, before it is up and while it is.

    Args:
        here: its stack.
        settings: its settings.
        project: what its zip is built from.
        architecture: this machine's.
    """

    def __init__(
        self, here: Stack, settings: Settings, project: Project, architecture: str
    ) -> None:
        self.here = here
        self.settings = settings
        self.project = project
        self.architecture = architecture
        self._declared = self._declares()
        self._seen = self._look()
        # What this command has published; an instance may still use the last but one.
        self._published: list[str] = []
        self._aws: dict[str, Any] = {}
        # What the build hook made last; an index may take it longer than all else of a save.
        self._added: hook.Added | None = None

    def saves(self) -> Iterator[Saved]:
        """Put each save live that comes after this object was made; ends with a whole one."""
        while True:
            files = self.wait()
            started = time.monotonic()
            try:
                if self._is_whole(files):
                    yield Saved(self._names(files), is_whole=True)
                    return
                self.put(files)
            except (BuildError, CommandFailedError) as error:
                yield Saved(self._names(files), time.monotonic() - started, str(error))
            else:
                yield Saved(self._names(files), time.monotonic() - started)

    def wait(self) -> list[Path]:
        """The files that are saved, made or removed next."""
        while True:
            before, self._seen = self._seen, self._look()
            files = before.keys() | self._seen.keys()
            changed = [path for path in files if before.get(path) != self._seen.get(path)]
            if changed:
                return sorted(changed)
            time.sleep(POLL_SECONDS)

    def _look(self) -> Mapping[Path, tuple[int, int]]:
        """When each file was changed last, and how large it is."""
        found = {}
        files = [path for _, path in self.project.files()]
        for path in (*files, *self._settings_files, *self._declared.inputs):
            try:
                about = path.stat()
            except OSError:  # it is not there, or an editor replaces it right now
                continue
            found[path] = (about.st_mtime_ns, about.st_size)
        return found

    def _is_whole(self, files: Iterable[Path]) -> bool:
        """Whether these files are taken in by `mesh up` alone.

        Raises:
            BuildError: the packages cannot be read.
        """
        return not self._settings_files.isdisjoint(files) or self._declares() != self._declared

    def put(self, files: Iterable[Path]) -> None:
        """Build what is there now, try it at the candidate's address, and put it live.

        Args:
            files: What was saved.

        Raises:
            BuildError: it cannot be built, or cannot be imported.
            CommandFailedError: it does not start, or local AWS does not run.
        """
        with exclusive(self.here.lock, "mesh dev"):
            built = self.built(files)
            running = process.find(self.here.aws)
            if running is None:
                raise CommandFailedError("local AWS has ended: run `mesh dev` again.")
            outputs = self.here.read_outputs()
            name = outputs["function_name"]
            client = self._client("lambda", running)
            # In the request it would be text in JSON, which takes twice as long.
            self._client("s3", running).upload_file(str(built.path), BUCKET, built.path.name)
            version = client.update_function_code(
                FunctionName=name, Publish=True, S3Bucket=BUCKET, S3Key=built.path.name
            )["Version"]
            client.update_alias(FunctionName=name, Name="candidate", FunctionVersion=version)
            self._try(outputs["candidate_url"], running, outputs["log_group_name"])
            client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
            self._published.append(version)
            for old in self._published[:-2]:
                client.delete_function(FunctionName=name, Qualifier=old)
            del self._published[:-2]

    def built(self, files: Iterable[Path]) -> BuildResult:
        """Build what is there now, with what the hook made last where only modules were saved.

        Args:
            files: What was saved.

        Raises:
            BuildError: it cannot be built.
        """
        if any(file.suffix != ".py" for file in files):
            self._added = None
        if self.project.hook and self._added is None:
            self._zip.parent.mkdir(parents=True, exist_ok=True)
            self._added = hook.run(self.project.hook, self._zip.parent)
        return bundle.build(
            self.project,
            self.architecture,
            output=self._zip,
            has_fast_path=False,
            added=self._added,
        )

    def _try(self, url: str, running: Running, log_group: str) -> None:
        """List the tools at an address: this starts an instance, which then serves live, too."""
        started_ms = int(time.time() * 1000)
        signed = credential.SigV4(local_aws_client.credentials(running.environment), running.region)
        try:
            answer = httpx.post(
                f"{url}rpc", json={"method": "tools/list"}, auth=signed, timeout=START_SECONDS
            )
        except httpx.HTTPError as error:
            raise CommandFailedError(
                f"It does not answer within {START_SECONDS:.0f} s ({type(error).__name__})."
            ) from error
        if answer.status_code == httpx.codes.OK:
            return
        # The build names the line of the author's that fails, and an instance does not.
        bundle.build(self.project, self.architecture, output=self._zip)
        logs = local_aws_client.logs(running.environment)
        said = function_log.last_error(logs, log_group, started_ms)
        raise CommandFailedError("\n".join(said) or f"HTTP {answer.status_code}: {answer.text}")

    def _client(self, service: str, running: Running) -> Any:
        # Kept: making one takes longer than all else of a save.
        if service not in self._aws:
            self._aws[service] = local_aws_client.client(service, running.environment)
            if service == "s3":
                self._aws[service].create_bucket(Bucket=BUCKET)
        return self._aws[service]

    @property
    def _zip(self) -> Path:
        return self.here.mesh / "dist" / "dev.zip"

    @cached_property
    def _settings_files(self) -> frozenset[Path]:
        folder = self.settings.folder
        names = ["mesh.toml", "pyproject.toml", *filter(None, [self.settings.lock])]
        return frozenset([*(folder / name for name in names), self.here.values_of("local")])

    def _declares(self) -> packages.Declared:
        settings = self.settings
        return packages.declared(settings.folder, settings.file, settings.requirements)

    def _names(self, files: Iterable[Path]) -> tuple[str, ...]:
        folder = self.settings.folder
        return tuple(
            str(path.relative_to(folder) if path.is_relative_to(folder) else path) for path in files
        )
