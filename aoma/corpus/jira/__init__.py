"""Reads Jira exports, CSV and JSON, as typed tickets.

One concern per module: `exports` opens files and settles duplicates, `csv_export` and
`json_export` know the two forms, `rich_text` and `dates` what is written in their fields,
and `tickets` what a ticket must have.
"""

from aoma.corpus.jira.exports import checked_base_url, read_tickets
from aoma.corpus.jira.tickets import TicketText

__all__ = ["TicketText", "checked_base_url", "read_tickets"]
