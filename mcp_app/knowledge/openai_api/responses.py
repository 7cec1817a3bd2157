"""Prose by a model, through the Responses API.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from typing import Any

from openai import AsyncOpenAI

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.errors import UnusableAnswerError
from mcp_app.knowledge.openai_api.client import OpenAIService
from mcp_app.knowledge.openai_api.failures import LATER

INCOMPLETE = {
    "max_output_tokens": "it was cut off at its length limit",
    "content_filter": "it was stopped by a content filter",
}


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
        CallFailedError: the model could not be asked.
        UnusableAnswerError: it wrote nothing, declined, or did not come to its end.
    """
    body: dict[str, object] = {
        "model": model,
        "instructions": instructions,
        "input": content,
        "max_output_tokens": max_tokens,
        "store": False,
    }

    async def call(client: AsyncOpenAI) -> tuple[str, str, str | None, bool]:
        # Not `client.responses`: it imports 300 modules of types, a third of a second.
        # https://github.com/openai/openai-python#undocumented-endpoints
        answer: Any = await client.post("/responses", body=body, cast_to=object)
        parts = [
            part
            for item in answer["output"]
            if item["type"] == "message"
            for part in item["content"]
        ]
        text = "".join(part["text"] for part in parts if part["type"] == "output_text")
        declined = any(part["type"] == "refusal" for part in parts)
        details = answer["incomplete_details"]
        return str(answer["status"]), text, details["reason"] if details else None, declined

    status, text, incomplete, declined = await service.ask(
        call, about=f"the model {model}", deadline=deadline, read_only=False
    )
    if incomplete is not None or status == "incomplete":
        raise UnusableAnswerError(INCOMPLETE.get(incomplete or "", "it is not complete"))
    if status != "completed":
        raise CallFailedError(f"the model {model} could not write an answer", LATER)
    if declined:
        raise UnusableAnswerError("the model declined to answer")
    if not text.strip():
        raise UnusableAnswerError("it is empty")
    return text
