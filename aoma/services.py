"""What `mesh up` starts for AOMA Mesh: nothing for the index in the zip, or a local Supabase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aoma import local_supabase_stack
from aoma.build_hook import ROOT, index_of
from mesh.local.extension import Services
from mesh.settings.call import Call
from mesh.stack import local_aws_client

if TYPE_CHECKING:
    from aoma.bundled_knowledge import Knowledge
    from aoma.local_supabase.process import Running
    from mesh.build import BuildResult
    from mesh.build.project import Project
    from mesh.progress import Steps
    from mesh.stack.deployment import Deployment
    from mesh.stack.stack import Stack

# The tool to try first, by what there is to search.
SEARCHES = {
    "documents": "search_knowledge",
    "tickets": "search_jira_tickets",
    "commits": "search_git_commits",
    "code_files": "search_code_files",
}
QUESTION = {"query": "how is this deployed"}


class EmbeddedIndex(Services):
    """The index in the zip.

    Args:
        knowledge: What it is made from; this project when it names nothing.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._hook = index_of(knowledge, ROOT)

    def project(self, made: Project) -> Project:
        """With the index of what the options name."""
        return replace(made, hook=self._hook)

    def start(self, here: Stack, steps: Steps) -> None:  # noqa: ARG002 - the interface
        """Stop the Supabase of an earlier run."""
        local_supabase_stack.stop(here)

    def call(self, built: BuildResult, tested: Call | None) -> Call | None:  # noqa: ARG002 - the interface
        """A search of what the zip holds; others are not offered."""
        held = built.added.details["index"] if built.added else {}
        found = (tool for source, tool in SEARCHES.items() if held.get(source, 0))
        return Call(next(found, SEARCHES["documents"]), QUESTION)


class LocalSupabase(Services):
    """Supabase on this machine, filled, and who embeds and answers.

    Args:
        knowledge: What it is filled with; this project when it names nothing.
    """

    steps = 3

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.running: Running
        self.openai: local_supabase_stack.OpenAI
        self._variables: Mapping[str, Any] = {}

    def project(self, made: Project) -> Project:
        """Without an index: the database has it all."""
        return replace(made, hook=None)

    @property
    def variables(self) -> Mapping[str, Any]:
        """Values of Terraform's variables."""
        return self._variables

    @property
    def environment(self) -> Mapping[str, str]:
        """What `mesh ingest` and `mesh database` need."""
        return local_supabase_stack.environment(self.running, self.openai)

    @property
    def notes(self) -> Sequence[str]:
        """What people have to know of it."""
        if self.openai.stand_in:
            return (local_supabase_stack.STAND_IN_NOTE,)
        return (local_supabase_stack.OPENAI_NOTE.format(url=self.openai.url),)

    def start(self, here: Stack, steps: Steps) -> None:
        """Start it, and fill its database."""
        with steps.step("local Supabase") as step:
            self.running = local_supabase_stack.start(here, step)
            self.openai = local_supabase_stack.openai_of(self.running)
        with steps.step("ingest") as step:
            state = local_supabase_stack.fill(here, self.running, self.openai, self.knowledge, step)
        self._variables = local_supabase_stack.variables(self.running, self.openai, state)

    def store_secrets(self, deployed: Deployment, outputs: Mapping[str, Any], steps: Steps) -> None:
        """Put the secrets where the function reads them."""
        with steps.step("secrets"):
            client = local_aws_client.ssm(deployed.running.environment)
            local_supabase_stack.store_secrets(
                client, outputs["secrets"], self.running, self.openai
            )

    def call(self, built: BuildResult, tested: Call | None) -> Call | None:  # noqa: ARG002 - the interface
        """A search of documents."""
        return Call(SEARCHES["documents"], QUESTION)
