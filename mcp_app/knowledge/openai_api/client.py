"""The way to OpenAI: its client, one connection pool, the key from SSM."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2
from openai import AsyncOpenAI, OpenAIError

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import (
    CONNECT_SECONDS,
    KEEPALIVE_SECONDS,
    look_for_a_new,
    value_of,
    within,
)
from mcp_app.knowledge.openai_api.failures import SERVICE, explained
from mesh.runtime.aws.secrets import Secret
from mesh.runtime.aws.tls import client_context


class OpenAIService:
    """Makes calls with the key that is valid now; its own retries and waits are off.

    Args:
        url: OpenAI's address, or that of what speaks its protocol.
        key: the API key.
    """

    def __init__(self, url: str, key: Secret) -> None:
        self._key = key
        # `max_retries`: openai obeys a Retry-After of two minutes, whatever the deadline is.
        self._client = AsyncOpenAI(
            api_key="read for each call",
            base_url=url,
            max_retries=0,
            http_client=httpx2.AsyncClient(
                http2=False,
                # All but connecting is limited by the deadline.
                timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
                limits=httpx2.Limits(keepalive_expiry=KEEPALIVE_SECONDS),
                verify=client_context(),
            ),
        )

    async def ask[Answer](
        self,
        call: Callable[[AsyncOpenAI], Awaitable[Answer]],
        *,
        about: str,
        deadline: Deadline,
        read_only: bool = True,
    ) -> Answer:
        """Make a call with the client.

        Args:
            call: makes it, and checks what comes: a `ValueError`, `TypeError`, `KeyError` or
                `AttributeError` of it means that the answer is malformed.
            about: what the call needs at OpenAI, such as "the model gpt-x", for messages.
            deadline: when it has to be over.
            read_only: it may be made twice.

        Raises:
            CallFailedError: there is no answer that can be used.
        """

        async def attempt() -> Answer:
            key = await value_of(self._key)
            client = self._client.with_options(
                api_key=key, timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS)
            )
            try:
                return await call(client)
            except (
                OpenAIError,
                httpx2.HTTPError,
                ValueError,
                TypeError,
                KeyError,
                AttributeError,
            ) as error:
                failure = explained(error, about=about, parameter=self._key.parameter)
            # Outside of the handler: what OpenAI says may repeat parts of the key, and must
            # not follow the failure into a log.
            raise await look_for_a_new(self._key, key, failure)

        return await within(deadline, SERVICE, attempt, read_only=read_only)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
