"""What a model makes of evidence: an answer whose citations hold, or why there is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from mcp_app.deadline import Deadline
from mcp_app.knowledge.backend import Backend
from mcp_app.knowledge.errors import (
    SearchTimeoutError,
    SourceUnavailableError,
    UnusableAnswerError,
)
from mcp_app.knowledge.grounding import check
from mcp_app.knowledge.prompts import ABSENT, compose, described
from mcp_app.knowledge.results import AnswerStatus, Evidence, SourceReport
from mesh.runtime.record import Record

# What a model that reasons may think before it writes: that counts against its limit too, and
# the answer would otherwise be cut off, or empty. Other models are held to the length that
# they are told. https://platform.openai.com/docs/guides/reasoning
THINKING_TOKENS = 4_000
# No model answers in less: it is then not asked, and not paid for.
LEAST_SECONDS = 1.0


class Writing(Record):
    """What came of asking the model.

    Attributes:
        status: `answered`, `refused`, `not_in_passages` or `failed`.
        answer: what it wrote, when `answered`.
        reason: why there is no answer, otherwise.
        cited: numbers of the passages that the answer cites.
        report: how the model did, as a source.
    """

    status: AnswerStatus
    answer: str | None
    reason: str | None
    cited: tuple[int, ...]
    report: SourceReport


async def write(
    backend: Backend,
    task: str,
    asked: Mapping[str, str],
    evidence: Sequence[Evidence],
    *,
    max_tokens: int,
    deadline: Deadline,
) -> Writing:
    """Ask the model once, and check what it wrote; see `mcp_app.knowledge.grounding`.

    Nothing is raised for a model that is down, slow or wrong: the evidence is still good.

    Args:
        backend: one with a model.
        task: what to do, of `mcp_app.knowledge.prompts`.
        asked: what the caller gave, by name.
        evidence: the passages, at least one; they are numbered from 1.
        max_tokens: how long the answer may be.
        deadline: when it has to be there.
    """
    began = time.monotonic()
    try:
        text = await _written(backend, task, asked, evidence, max_tokens, deadline)
    except (SourceUnavailableError, SearchTimeoutError) as error:
        reason = f"There is evidence, and no answer could be written from it: {error}"
        return Writing("failed", None, reason, (), _report(began, str(error)))
    except UnusableAnswerError as error:
        return _withheld(began, error.reason)
    if ABSENT in text:
        reason = (
            f"The model read the {len(evidence)} passages that reached the threshold and found "
            "no answer in them."
        )
        return Writing("not_in_passages", None, reason, (), _report(began))
    verdict = check(
        text,
        [(described(hit), hit.id, hit.link or "") for hit in evidence],
        asked="\n".join(asked.values()),
    )
    if verdict.fault is not None:
        return _withheld(began, verdict.fault)
    return Writing("answered", text, None, verdict.cited, _report(began))


async def _written(
    backend: Backend,
    task: str,
    asked: Mapping[str, str],
    evidence: Sequence[Evidence],
    max_tokens: int,
    deadline: Deadline,
) -> str:
    """What the model wrote, in time.

    Raises:
        SourceUnavailableError: it cannot be asked, or not in time.
        SearchTimeoutError: the backend says that it did not answer in time.
        UnusableAnswerError: it gave no whole answer.
    """
    left = deadline.remaining()
    if left < LEAST_SECONDS:
        raise SourceUnavailableError(
            "model",
            f"it was not asked: {left:.1f} s of the call's {deadline.seconds:.3g} s were left",
            "Ask again, or raise the deployment's deadline.",
        )
    prompt = compose(task, asked, evidence, max_tokens=max_tokens)
    try:
        # The backend keeps to the deadline itself; this is for one that does not.
        async with asyncio.timeout(left):
            text = await backend.write(
                prompt.instructions,
                prompt.content,
                max_tokens=max_tokens + THINKING_TOKENS,
                deadline=deadline,
            )
    except TimeoutError as error:
        raise SourceUnavailableError(
            "model",
            f"it had not answered when the call's {deadline.seconds:.3g} s were over",
            "Ask again, or for less.",
        ) from error
    if not text.strip():
        raise UnusableAnswerError("it is empty")
    if prompt.code in text:
        raise UnusableAnswerError("it repeats what it was told instead of answering")
    return text.strip()


def _withheld(began: float, fault: str) -> Writing:
    reason = (
        f"The model's answer was withheld: {fault}. The passages are evidence; read them, or "
        "ask again."
    )
    return Writing("refused", None, reason, (), _report(began))


def _report(began: float, error: str | None = None) -> SourceReport:
    return SourceReport(
        source="model",
        status="failed" if error else "ok",
        hits=0,
        latency_ms=round((time.monotonic() - began) * 1000, 2),
        error=error,
    )
