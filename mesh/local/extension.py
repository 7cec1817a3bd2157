"""What another package adds to the tools around one server: options of `mesh up`, and services.

Such a package registers a subclass of `Extension` as an entry point of the group
`mesh.extensions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import click

    from mesh.build import BuildResult
    from mesh.build.project import Project
    from mesh.progress import Steps
    from mesh.settings.call import Call
    from mesh.stack.deployment import Deployment
    from mesh.stack.stack import Stack

GROUP = "mesh.extensions"


class Services:
    """What one run of `mesh up` starts beside the server; nothing, unless a subclass says so.

    Attributes:
        steps: How many steps `start` and `store_secrets` show.
        variables: Values of Terraform's variables; read after `start`.
        environment: Variables for shells in `local.env`; read after `start`.
        notes: What people have to know, a sentence or two each; read after `start`.
    """

    steps = 0

    def project(self, made: Project) -> Project:
        """What the zip is built from; `made` is as the settings have it."""
        return made

    @property
    def variables(self) -> Mapping[str, Any]:
        """See the class."""
        return {}

    @property
    def environment(self) -> Mapping[str, str]:
        """See the class."""
        return {}

    @property
    def notes(self) -> Sequence[str]:
        """See the class."""
        return ()

    def start(self, here: Stack, steps: Steps) -> None:
        """Start what is wanted, and stop what is not; before Terraform is applied."""

    def store_secrets(self, deployed: Deployment, outputs: Mapping[str, Any], steps: Steps) -> None:
        """Fill the parameters of secrets that Terraform has made."""

    def call(self, _built: BuildResult, tested: Call | None) -> Call | None:
        """The tool call that people are shown to try.

        Args:
            tested: The call that the smoke test made, or one with placeholders.
        """
        return tested


@dataclass(frozen=True)
class Running:
    """Services that run now: for machines by key, and for people in lines of 80 columns."""

    details: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()


class Extension:
    """Adds nothing; subclasses add what they override.

    Attributes:
        title: What it is called in messages.
        server: The server that it is for, as in the setting `server`.
        options: Options of `mesh up`, which every server's `mesh up` shows.
    """

    title: ClassVar[str] = ""
    server: ClassVar[str] = ""
    options: ClassVar[Sequence[click.Parameter]] = ()

    def services(self, chosen: Mapping[str, Any]) -> Services:  # noqa: ARG002 - for subclasses
        """What `mesh up` starts, with the values of the options."""
        return Services()

    def stop(self, here: Stack) -> bool:  # noqa: ARG002 - for subclasses
        """End the services; their data stay. False when none was running."""
        return False

    def remove(self, here: Stack) -> None:
        """Remove the services' data."""

    def status(self, here: Stack) -> Running:  # noqa: ARG002 - for subclasses
        """What runs of the services."""
        return Running()


@cache
def extensions() -> tuple[Extension, ...]:
    """All that are installed, by name."""
    found = sorted(entry_points(group=GROUP), key=lambda one: one.name)
    return tuple(one.load()() for one in found)


def extension_of(server: str) -> Extension:
    """The extension for a server, as in the setting `server`; one that adds nothing if none is."""
    return next((one for one in extensions() if one.server == server), Extension())
