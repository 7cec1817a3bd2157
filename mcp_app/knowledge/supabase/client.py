"""The way to Supabase: PostgREST's client, one connection pool, key and token from SSM."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
from postgrest import APIError, AsyncPostgrestClient

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import (
    CONNECT_SECONDS,
    KEEPALIVE_SECONDS,
    CallFailedError,
    look_for_a_new,
    value_of,
    within,
)
from mcp_app.knowledge.supabase.failures import (
    SERVICE,
    AnswerError,
    Bearer,
    malformed,
    refused,
    unreachable,
    wrong_shape,
)
from mcp_app.knowledge.supabase.keys import refuse_service_key, refuse_what_is_no_token
from mesh.runtime.access import caller
from mesh.runtime.aws.secrets import Secret
from mesh.runtime.aws.tls import client_context

type Row = dict[str, Any]


async def _refuse_errors(response: httpx.Response) -> None:
    # postgrest drops the status of an error that has a body.
    if not response.is_success:
        await response.aread()
        raise AnswerError(response)


def _http_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        http2=False,
        # All but connecting is limited by the deadline.
        timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
        limits=httpx.Limits(keepalive_expiry=KEEPALIVE_SECONDS),
        event_hooks={"response": [_refuse_errors]},
        verify=client_context(),
    )


def _scope() -> dict[str, str]:
    """What tells the database the only sources that the caller may see: 0013_scopes.sql."""
    sources = caller.current_caller().sources
    if sources is None:
        return {}
    # ASCII, as headers are.
    return {"x-mesh-sources": json.dumps(sorted(sources))}


class SupabaseService:
    """Asks as the caller, where they came with a token of their own; else as the server.

    Args:
        url: the project's address.
        key: the publishable key; it lets requests in and gives no rights.
        token: the server's own JWT, of the role mesh_server.
    """

    def __init__(self, url: str, key: Secret, token: Secret) -> None:
        self._url = f"{url}/rest/v1"
        self._key = key
        self._token = token
        self._http = _http_client()

    async def _bearer(self) -> Bearer:
        own = caller.current_caller().token
        if own is not None:
            return Bearer(own, None)
        token = await value_of(self._token)
        refuse_service_key(token, self._token.parameter)
        refuse_what_is_no_token(token, self._token.parameter)
        return Bearer(token, self._token.parameter)

    async def _key_and_bearer(self) -> tuple[str, Bearer]:
        """Both, read at the same time where they have to be read."""
        key, bearer = await asyncio.gather(
            value_of(self._key), self._bearer(), return_exceptions=True
        )
        if isinstance(key, BaseException):
            raise key
        refuse_service_key(key, self._key.parameter)
        if isinstance(bearer, BaseException):
            raise bearer
        return key, bearer

    async def _rows(
        self,
        what: str,
        ask: Callable[[AsyncPostgrestClient], Awaitable[Any]],
        deadline: Deadline,
    ) -> list[Row]:
        async def attempt() -> list[Row]:
            key, bearer = await self._key_and_bearer()
            client = AsyncPostgrestClient(
                self._url,
                headers={
                    "apikey": key,
                    "Authorization": f"Bearer {bearer.token}",
                    **_scope(),
                },
                http_client=self._http,
                # Its own wait for seconds, whatever the deadline is, and never for functions.
                retry_enabled=False,
            )
            try:
                rows = (await ask(client)).data
            except AnswerError as error:
                failure = refused(
                    error, what=what, bearer=bearer, key_parameter=self._key.parameter
                )
            except httpx.HTTPError as error:
                failure = unreachable(
                    untouched=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                )
            except (APIError, ValueError):
                failure = malformed(what)
            else:
                if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
                    return rows
                # postgrest gives what is no JSON as it came.
                failure = malformed(what) if isinstance(rows, str) else wrong_shape(what, "the top")
            raise await self._tried_with(key, bearer, failure)

        return await within(deadline, SERVICE, attempt)

    async def _tried_with(
        self, key: str, bearer: Bearer, failure: CallFailedError
    ) -> CallFailedError:
        """The failure, to be tried again at once if one of both secrets has been rotated."""
        if bearer.parameter is not None:
            failure = await look_for_a_new(self._token, bearer.token, failure)
            failure = await look_for_a_new(self._key, key, failure)
        return failure

    async def call(
        self, function: str, arguments: Mapping[str, Any], deadline: Deadline
    ) -> list[Row]:
        """The rows that a function of the database gives; it must be a reading one.

        Raises:
            CallFailedError: there are none to be had.
        """
        return await self._rows(
            function, lambda client: client.rpc(function, dict(arguments)).execute(), deadline
        )

    async def rows_where(
        self, table: str, columns: str, column: str, value: str, deadline: Deadline
    ) -> list[Row]:
        """The rows of a table in which a column has this value.

        Raises:
            CallFailedError: the table cannot be read.
        """
        return await self._rows(
            table,
            lambda client: client.from_(table).select(columns).eq(column, value).execute(),
            deadline,
        )

    async def rows_after(
        self,
        table: str,
        columns: str,
        *,
        order: str,
        after: str | int | None,
        limit: int,
        deadline: Deadline,
        equal: tuple[str, str] | None = None,
        like: tuple[str, str] | None = None,
    ) -> list[Row]:
        """A page of a table's rows, in the order of a column without equal values.

        Args:
            table: the table.
            columns: those that are given.
            order: the column.
            after: only rows in which it has a greater value.
            limit: how many at most.
            deadline: when the call has to be over.
            equal: only rows in which this column has this value.
            like: only rows in which this column is like this pattern.

        Raises:
            CallFailedError: the table cannot be read.
        """

        def ask(client: AsyncPostgrestClient) -> Awaitable[Any]:
            query = client.from_(table).select(columns)
            if equal is not None:
                query = query.eq(*equal)
            if like is not None:
                query = query.like(*like)
            if after is not None:
                query = query.gt(order, after)
            return query.order(order).limit(limit).execute()

        return await self._rows(table, ask, deadline)

    async def latest(self, table: str, column: str, deadline: Deadline) -> str | None:
        """The greatest moment in a column, as the database writes it; None if there is none.

        Raises:
            CallFailedError: the table cannot be read.
        """
        found = await self._rows(
            table,
            lambda client: (
                client.from_(table)
                .select(column)
                .not_.is_(column, "null")
                .order(column, desc=True)
                .limit(1)
                .execute()
            ),
            deadline,
        )
        return str(found[0][column]) if found else None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
