"""One run of `mesh ingest` at a terminal or in a script: its steps, its question, its end."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import psycopg

from aoma.corpus.report import Ledger
from aoma.database.connection import line, where
from aoma.ingestion import display, run, vector_index
from aoma.ingestion.database import Connection, checked, connected
from aoma.ingestion.display import Counting
from aoma.ingestion.embedder import Embedded
from aoma.ingestion.embedding_api import open_client
from aoma.ingestion.plan import Plan
from aoma.ingestion.run import IngestOptions, Outcome
from aoma.ingestion.snapshot import Snapshot, snapshot
from mesh.failure import CommandFailedError
from mesh.progress import Steps

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_STEPS = 5


@dataclass(frozen=True, slots=True)
class Permission:
    """What may be done without asking: nothing at all, everything, or the deletion of most."""

    dry_run: bool
    yes: bool
    allow_deletions: bool


def confirmed(plan: Plan, options: IngestOptions, permission: Permission) -> None:
    """Return if the plan may be carried out.

    Raises:
        CommandFailedError: nobody is there to ask, or somebody said no.
    """
    losing = [] if options.keeps_vanished else [one for one in plan.sources if one.loses_most]
    asks = sys.stdin.isatty() and sys.stdout.isatty() and not permission.yes
    if losing and not permission.allow_deletions:
        names = " and ".join(f"{one.source.kind} {one.source.name}" for one in losing)
        if not asks:
            raise CommandFailedError(
                f"more than half of {names} would be deleted, so nothing was written. If that is "
                "right, add --allow-deletions; if the sources are only a part, --keep-vanished."
            )
        if not click.confirm(f"Delete more than half of {names}?"):
            raise CommandFailedError("nothing was written.")
    if permission.yes:
        return
    if not asks:
        raise CommandFailedError(
            "nobody is here to be asked, so nothing was written. Add --yes to do it, or "
            "--dry-run to see the plan only."
        )
    if not click.confirm("Do it?"):
        raise CommandFailedError("nothing was written.")


def ingest(options: IngestOptions, permission: Permission, database_url: str | None) -> None:
    """Do what was asked for, and say so.

    Raises:
        CommandFailedError: it cannot be done, or not to its end; what was done stays.
    """
    url = checked(database_url)
    # The question is asked outside the loop: inside it Ctrl-C would only cancel a task.
    with asyncio.Runner() as runner, snapshot() as found:
        stack = AsyncExitStack()
        try:
            connection = runner.run(stack.enter_async_context(connected(url)))
            _ingest(runner, connection, found, options, permission, where(url))
        except psycopg.Error as error:
            raise CommandFailedError(
                f"{where(url)}: {line(error)}. What was written stays. Run the same command "
                "again to go on from there."
            ) from error
        finally:
            runner.run(stack.aclose())


def _ingest(
    runner: asyncio.Runner,
    connection: Connection,
    found: Snapshot,
    options: IngestOptions,
    permission: Permission,
    place: str,
) -> None:
    steps, ledger = Steps(_STEPS), Ledger()
    replaced = runner.run(run.check_embedding(connection, options))
    with steps.step("reading") as step:
        sources = run.read(options, found, ledger)
        (count,) = found.count("SELECT count(*) FROM wanted WHERE characters > 0")
        step.detail = f"({count:,} entries)"
        step.notes = display.left_out(ledger)
    with steps.step("comparing with the database"):
        plan = runner.run(run.compare(connection, options, found, sources, replaced))
    for text in display.plan_lines(plan, place, keeps_vanished=options.keeps_vanished):
        click.echo(text)
    if plan.nothing(keeps_vanished=options.keeps_vanished):
        click.echo("Nothing to do: the database holds all of it.")
        return
    if permission.dry_run:
        click.echo("Nothing was written (--dry-run).")
        return
    client = open_client() if plan.embedding and plan.texts else None
    confirmed(plan, options, permission)
    try:
        outcome = _carry_out(runner, connection, found, plan, options, client, steps)
    except KeyboardInterrupt:
        click.echo(
            "What was written stays. Run the same command again to go on from there.", err=True
        )
        raise
    click.echo(display.outcome_line(outcome, embeds=options.embeds))


def _carry_out(
    runner: asyncio.Runner,
    connection: Connection,
    found: Snapshot,
    plan: Plan,
    options: IngestOptions,
    client: AsyncOpenAI | None,
    steps: Steps,
) -> Outcome:
    with Counting(f"[3/{_STEPS}] writing", plan.rows, sys.stdout) as counting:
        deleted = runner.run(run.write_all(connection, options, plan, found, counting.add))
    try:
        embedded = _embed(runner, connection, client, plan) if client else Embedded()
    finally:
        # After a failure too: what is embedded is to be found fast. Not after Ctrl-C.
        if not isinstance(sys.exception(), KeyboardInterrupt | asyncio.CancelledError):
            steps.number = _STEPS - 1
            with steps.step("indexing") as step:
                built = runner.run(vector_index.complete(connection))
                step.detail = f"({', '.join(built)})" if built else ""
    return Outcome(plan.rows, deleted, embedded)


def _embed(
    runner: asyncio.Runner, connection: Connection, client: AsyncOpenAI, plan: Plan
) -> Embedded:
    with Counting(f"[4/{_STEPS}] embedding", plan.texts, sys.stdout) as counting:
        try:
            runner.run(vector_index.set_aside(connection))
            return runner.run(run.embed(connection, client, plan, counting.add, counting.notice))
        finally:
            runner.run(client.close())
