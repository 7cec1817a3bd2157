"""A connection to the database, and its failures in one line each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from aoma.database import URL_VARIABLE
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

type Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS = 10
EXAMPLE = "postgresql://postgres:PASSWORD@db.PROJECT.supabase.co:5432/postgres"


def where(url: str) -> str:
    """Say which server, database and user a URL names; never its password.

    Raises:
        CommandFailedError: it is no URL of a database.
    """
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        parts = {}
    port = parts.get("port", "5432")
    # A sign in the password that is not encoded moves pieces of it into other parts; the
    # error's own text, too, may quote it.
    if not parts or not port.replace(",", "").isdigit() or "@" in parts.get("dbname", ""):
        raise CommandFailedError(
            f"The database URL cannot be read. Write it like {EXAMPLE}, with signs such as "
            "@ / : # in the password percent-encoded."
        )
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    user = parts.get("user", "your own user")
    return f"{host}:{port}, database {parts.get('dbname') or user}, user {user}"


@contextmanager
def connect(url: str | None) -> Iterator[Connection]:
    """Lend an autocommitting connection; what the database refuses becomes one line.

    Args:
        url: what libpq takes, see
            https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING

    Raises:
        CommandFailedError: there is no URL, nobody answers, or the database refuses.
    """
    if not url:
        raise CommandFailedError(
            f"Which database? Set {URL_VARIABLE} or give --database-url, such as {EXAMPLE} "
            "(Supabase: Connect, Direct connection)."
        )
    place = where(url)
    try:
        connection = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="mesh",
            # Poolers in front of Supabase's database do not keep prepared statements.
            prepare_threshold=None,
        )
    except psycopg.OperationalError as error:
        raise CommandFailedError(refused(str(error), place)) from error
    with connection:
        try:
            yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise CommandFailedError(
                f"{place}: {line(error)}. Connect as the database's owner (Supabase: postgres)."
            ) from error
        except psycopg.errors.LockNotAvailable as error:
            raise CommandFailedError(
                f"{place}: somebody else holds a lock for too long ({line(error)}). Run this again."
            ) from error
        except psycopg.OperationalError as error:
            raise CommandFailedError(f"{place}: the connection was lost: {line(error)}") from error


def line(error: psycopg.Error) -> str:
    """Give PostgreSQL's own words, without its details: those quote what is in the rows."""
    return error.diag.message_primary or str(error).partition("\n")[0]


def refused(said: str, place: str) -> str:
    """Explain why there is no connection, from what libpq says."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = lines[0] if lines else "no reason given"
    if "password authentication failed" in said or "no password supplied" in said:
        return f"{place}: wrong password. Take the one of the project's database settings."
    if "does not exist" in said and "database" in said:
        return f"{place}: there is no such database."
    if "unreachable" in said or "translate host name" in said or "resolve" in said:
        return (
            f"{place}: no connection: {first}. Supabase's direct connection is IPv6 only; "
            "elsewhere take the URL of its session pooler."
        )
    return f"{place}: no connection: {first}. Is the host right, and is the database up?"
