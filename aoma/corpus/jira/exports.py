"""Opens Jira exports, whatever their form, and gives each ticket once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from aoma.corpus.encodings import file_encoding
from aoma.corpus.jira.csv_export import read_csv
from aoma.corpus.jira.json_export import read_json
from aoma.corpus.jira.tickets import REENCODED, RawTicket, TicketText, ticket_of
from aoma.corpus.report import CorpusError, Ledger
from aoma.corpus.text_files import RECODED

SEVERAL_TIMES = "ticket that is there several times (the one updated last counts, else the last)"
_HOW = "Export it in Jira with Export > CSV (all fields), or save the answer of its REST search."
_BEGINNING_BYTES = 4_096
# What else people have at hand, by its first characters.
_OTHERS = {
    "PK\x03\x04": "a workbook or archive; save the sheet as CSV",
    "%PDF": "a PDF",
    "<": "XML or HTML",
    "\x1f\x8b": "compressed; unpack it first",
}


def checked_base_url(url: str) -> str:
    """Jira's address for links, without a slash at the end.

    Raises:
        CorpusError: it is no http or https address, or holds a password.
    """
    text = url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None
    except ValueError:
        fits = False
    if not fits or parts.query or parts.fragment or any(char.isspace() for char in text):
        raise CorpusError(
            "The address of Jira must be like https://jira.example.com, with http or https, and "
            "without a name, a password or a query."
        )
    return text.removesuffix("/browse")


def _raw_tickets(export: Path, ledger: Ledger) -> Iterator[RawTicket]:
    name = export.name.encode(errors="replace").decode()
    try:
        with export.open("rb") as file:
            beginning = file.read(_BEGINNING_BYTES)
        encoding = file_encoding(export) or "utf-8"
        shown = beginning.decode(encoding, errors="replace").lstrip()
        if not shown.strip("\x00\ufffd "):
            raise CorpusError(f"{export}: is no Jira export: it is empty. {_HOW}")
        kind = next((kind for mark, kind in _OTHERS.items() if shown.startswith(mark)), None)
        if kind is None and "\x00" in shown:
            kind = "binary"
        if kind:
            raise CorpusError(f"{export}: is no Jira export: it is {kind}. {_HOW}")
        if not encoding.startswith("utf"):
            ledger.skip(RECODED, [f"{name} ({encoding})"])
        with export.open(encoding=encoding, errors="replace", newline="") as stream:
            if shown.startswith(("{", "[")):
                text = stream.read()
                if "\ufffd" in text:
                    ledger.skip(REENCODED, [name])
                yield from read_json(text, name, ledger)
            else:
                yield from read_csv(stream, name, ledger)
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise CorpusError(f"{export}: cannot be read ({reason}). Name a Jira export.") from error


def read_tickets(
    exports: Sequence[Path],
    ledger: Ledger,
    base_url: str | None = None,
    *,
    comments: bool = False,
) -> Iterator[TicketText]:
    """The tickets of one or more exports, each once, by project and number.

    Of a ticket that is there several times, the one that was updated last counts; when they
    do not tell, the last one read. Only the tickets are held in memory, not the exports.

    Args:
        exports: CSV or JSON files; see `csv_export` and `json_export`.
        ledger: takes what is left out or changed on reading.
        base_url: Jira's address for the links; what a JSON export itself tells when None.
        comments: whether resolutions and comments follow the descriptions.

    Raises:
        CorpusError: a file cannot be read or is no Jira export, or `base_url` is none.
    """
    base = checked_base_url(base_url) if base_url else None
    found: dict[str, TicketText] = {}
    for export in exports:
        _take(export, base, found, ledger, comments=comments)
    yield from sorted(found.values(), key=lambda ticket: (ticket.project, ticket.number))


def _take(
    export: Path,
    base: str | None,
    found: dict[str, TicketText],
    ledger: Ledger,
    *,
    comments: bool,
) -> None:
    """Add an export's tickets to those found in others."""
    count = entries = 0
    for raw in _raw_tickets(export, ledger):
        entries += 1
        ticket = ticket_of(raw, base or raw.base, ledger, comments=comments)
        if ticket is None:
            continue
        count += 1
        known = found.get(ticket.key)
        if known is not None:
            ledger.skip(SEVERAL_TIMES, [ticket.key])
            if known.updated and ticket.updated and ticket.updated < known.updated:
                continue
        found[ticket.key] = ticket
    if entries and not count:
        raise CorpusError(
            f"{export}: is no Jira export: none of its {entries} entries is a ticket with a key "
            f"such as ABC-12. {_HOW}"
        )
    if not count:
        ledger.problem(f"{export.name}: holds no ticket")
