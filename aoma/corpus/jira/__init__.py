"""Reads Jira exports, CSV and JSON, as typed tickets.

One concern per module: `exports` opens files and settles duplicates, `csv_export` and
`json_export` know the two forms, `rich_text` and `dates` what is written in their fields,
and `tickets` what a ticket must have.
"""

from aoma.corpus.jira.csv_export import NOT_CSV, TOO_MANY
from aoma.corpus.jira.exports import checked_base_url, read_tickets
from aoma.corpus.jira.json_export import NOT_AN_ISSUE, NOT_JSON
from aoma.corpus.jira.tickets import CUT, NO_KEY, REENCODED, STRANGE_DATE, TicketText

# Reasons in the ledger for which tickets, or parts of them, are missing.
LOSSES = frozenset(
    {CUT, NO_KEY, NOT_AN_ISSUE, NOT_CSV, NOT_JSON, REENCODED, STRANGE_DATE, TOO_MANY}
)

__all__ = ["LOSSES", "TicketText", "checked_base_url", "read_tickets"]
