"""Prose by a model, through the Responses API.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from openai import AsyncOpenAI

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.openai_api.client import OpenAIService


async def write(
    service: OpenAIService,
    *,
    model: str,
    instructions: str,
    content: str,
    max_tokens: int,
    deadline: Deadline,
) -> str:
    """What the model writes; nothing of it is kept at OpenAI.

    Raises:
        CallFailedError: it wrote nothing, or did not come to its end.
    """

    async def call(client: AsyncOpenAI) -> tuple[str, str, str | None]:
        answer = await client.responses.create(
            model=model,
            instructions=instructions,
            input=content,
            max_output_tokens=max_tokens,
            store=False,
        )
        details = answer.incomplete_details
        return str(answer.status), answer.output_text, details.reason if details else None

    status, text, incomplete = await service.ask(
        call, about=f"the model {model}", deadline=deadline, read_only=False
    )
    if incomplete == "max_output_tokens":
        raise CallFailedError(
            f"the model {model} did not finish within {max_tokens} tokens",
            "Ask for less at once, or with strategy comprehensive.",
        )
    if status != "completed" or not text.strip():
        raise CallFailedError(
            f"the model {model} wrote no answer", "Ask again; the passages are there without it."
        )
    return text
