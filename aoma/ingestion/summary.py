"""A plan and its outcome, for a person, in 80 columns."""

from __future__ import annotations

from aoma.corpus.report import Ledger
from aoma.ingestion.plan import Plan, SourcePlan
from aoma.ingestion.run import Outcome
from mesh.progress import wrapped

_NAME_COLUMNS = 26


def _line(one: SourcePlan) -> str:
    name = f"{one.source.kind} {one.source.name}"
    if len(name) > _NAME_COLUMNS:
        name = f"{name[: _NAME_COLUMNS - 3]}..."
    return (
        f"  {name:<{_NAME_COLUMNS}}{one.new:>9,} {one.changed:>9,} {one.unchanged:>10,} "
        f"{one.vanished:>9,}  {one.noun}"
    )


def plan_lines(plan: Plan, place: str, *, keeps_vanished: bool) -> list[str]:
    """The plan: what would be written, deleted and embedded, and what that takes."""
    title = f"  {'':<{_NAME_COLUMNS}}{'new':>9} {'changed':>9} {'unchanged':>10} {'vanished':>9}"
    lines = [f"Into {place}:", title, *map(_line, plan.sources)]
    if keeps_vanished and plan.vanished:
        lines.append("What vanished stays (--keep-vanished).")
    losing = [one for one in plan.sources if one.loses_most and not keeps_vanished]
    lines += [
        wrapped(
            f"{one.source.kind} {one.source.name}: {one.vanished_units:,} of {one.units:,} "
            f"{_units(one)} would be deleted.",
            "  ",
        )
        for one in losing
    ]
    if plan.replaced:
        lines.append(
            wrapped(
                f"All embeddings of {plan.replaced.model} are thrown away first; until this has "
                "run to its end, searches by meaning find only part of what is there.",
                "  ",
            )
        )
    if plan.rows:
        lines.append(f"To write: {plan.rows:,} rows, in which documents and files count too.")
    if plan.embedding is None:
        lines.append("Nothing is embedded (--no-embeddings): it is found by words only.")
    elif plan.texts:
        lines.append(
            wrapped(
                f"To embed with {plan.embedding.model}: {plan.texts:,} texts, about "
                f"{plan.tokens:,} tokens. That is an estimate, at 4 characters a token; what "
                "the API counts is said in the end.",
                "  ",
            )
        )
        if plan.left:
            lines.append(
                wrapped(
                    f"{plan.left:,} of them are of other sources, "
                    + ("embedded anew." if plan.replaced else "left by earlier runs."),
                    "  ",
                )
            )
    return lines


def _units(one: SourcePlan) -> str:
    return {"code": "files"}.get(one.source.kind, one.source.kind)


def left_out(ledger: Ledger) -> list[str]:
    """What the readers left out, and why."""
    lines = [wrapped(f"left out, or changed: {one}", "  ") for one in ledger.skipped]
    return [*lines, *(wrapped(f"note: {problem}", "  ") for problem in ledger.problems)]


def outcome_line(outcome: Outcome, *, embeds: bool) -> str:
    """What was done."""
    done = f"Done: {outcome.written:,} rows written, {outcome.deleted:,} deleted"
    if not embeds:
        return f"{done}, none embedded."
    tokens = outcome.embedded.tokens
    took = "which the API did not count" if tokens is None else f"{tokens:,} tokens by the API"
    return f"{done}, {outcome.embedded.texts:,} texts embedded ({took})."
