"""A Supabase project on this machine: database, PostgREST and gateway together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from aoma.local_supabase import LocalSupabaseError
from aoma.local_supabase.gateway import AUTH, REST, Gateway
from aoma.local_supabase.http.server import Server
from aoma.local_supabase.keys import Keys
from aoma.local_supabase.postgres import Postgres
from aoma.local_supabase.postgrest import PostgREST
from aoma.local_supabase.programs import postgrest
from aoma.local_supabase.reset import Connection


class LocalSupabase:
    """A running project.

    `with LocalSupabase(folder) as supabase:` starts it and ends it; data stay in the folder
    until `remove`.

    Args:
        folder: its own.
        keys: the project's; new ones when None.
        port: of the gateway, when it is free.
        database_port: of PostgreSQL, when it is free.

    Attributes:
        keys: the project's.
        url: the project's address, without a slash at the end (`SUPABASE_URL`).
        faults: what requests to the gateway are to meet, see `Faults.add`; paths begin with
            `/rest/v1/`, so that `rpc/mesh_search_tickets` names one function.
        requests: what the gateway was asked.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keys: Keys | None = None,
        port: int = 0,
        database_port: int = 0,
    ) -> None:
        self.keys = keys or Keys.fresh()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        program = postgrest()
        self.postgres = Postgres(folder / "postgres", self.keys, database_port)
        self.postgrest = PostgREST(program, self.postgres, self.keys, folder / "postgrest.log")
        self._gateway = Gateway(self.keys, self.postgrest)
        self.faults = self._gateway.faults
        self.requests = self._gateway.requests
        try:
            self.postgres.start()
            self.postgrest.start()
            self._server = Server(self._gateway, port)
        except BaseException:
            self.postgrest.close()
            self.postgres.stop()
            raise
        self.url = self._server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The gateway's."""
        return self._server.port

    @property
    def rest_url(self) -> str:
        """What PostgREST's client is given."""
        return f"{self.url}{REST}"

    @property
    def issuer(self) -> str:
        """The `iss` of its users' tokens; the keys are below it, at .well-known/jwks.json."""
        return f"{self.url}{AUTH}"

    @property
    def publishable_key(self) -> str:
        """The key that goes with every request."""
        return self.keys.publishable

    @property
    def secret_key(self) -> str:
        """The key that bypasses row-level security."""
        return self.keys.secret

    @property
    def anon_key(self) -> str:
        """The legacy public key, a token."""
        return self.keys.legacy("anon")

    @property
    def service_role_key(self) -> str:
        """The legacy key that bypasses row-level security, a token."""
        return self.keys.legacy("service_role")

    @property
    def database_url(self) -> str:
        """The address for `mesh database` and psql, as the user postgres: no superuser."""
        return self.postgres.url()

    def server_token(self, role: str = "mesh_server", *, expires_in: float = 3600) -> str:
        """The server's own token; a negative `expires_in` gives an expired one."""
        return self.keys.role_token(role, expires_in=expires_in)

    def user_token(
        self,
        email: str | None = None,
        *,
        sub: str | None = None,
        groups: Iterable[str] = (),
        anonymous: bool = False,
        expires_in: float = 3600,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A signed-in user's access token, see `Keys.user_token`."""
        return self.keys.user_token(
            self.issuer,
            email=email,
            sub=sub,
            groups=groups,
            anonymous=anonymous,
            expires_in=expires_in,
            claims=claims,
        )

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Lend a connection as the user postgres, past PostgREST and row-level security."""
        with self.postgres.connect() as connection:
            yield connection

    def reload_schema(self) -> None:
        """Have PostgREST see what SQL has changed: it reads roles and functions at its start."""
        self.postgrest.stop()
        self.postgrest.start()

    def save_template(self) -> None:
        """Keep the database as it is now: `fresh` goes back to it."""
        self.postgrest.stop()
        self.postgres.save_template()
        self.postgrest.start()

    def fresh(self) -> None:
        """Go back to the saved template; forget faults and requests."""
        self.faults.clear()
        self.requests.clear()
        if self.postgres.empty():
            return
        self.postgrest.stop()
        self.postgres.fresh()
        self.postgrest.start()

    def stop_database(self) -> None:
        """Have the database be down; PostgREST and gateway go on."""
        self.postgres.stop()

    def start_database(self) -> None:
        """Have it be up again, and PostgREST connected to it."""
        self.postgres.start()
        self.reload_schema()

    def check(self) -> None:
        """Look whether its programs still run.

        Raises:
            LocalSupabaseError: one has ended by itself; the message says where it says why.
        """
        if self.postgres.ended:
            raise LocalSupabaseError(f"PostgreSQL has ended: see {self.postgres.log}")
        if self.postgrest.ended:
            raise LocalSupabaseError(f"PostgREST has ended: see {self.postgrest.log}")

    def stop(self) -> None:
        """End it all; data stay."""
        self._server.stop()
        self.postgrest.close()
        self.postgres.stop()

    def remove(self) -> None:
        """Remove the data; only after `stop`."""
        self.postgres.remove()
