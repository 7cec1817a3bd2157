"""Queries of Logs Insights: what MiniStack would pass over in silence is refused.

MiniStack (1.5.33) evaluates a part of the language, and leaves out any other command,
condition or field, so that an answer would look right and be wrong.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from __future__ import annotations

import re
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cloudwatch_logs

# Fields that MiniStack keeps of an event; those within its message are not among them.
FIELDS = {"@timestamp", "@message", "@logStream", "@log", "@ptr"}
COMMAND = re.compile(r"(fields|filter|sort|limit)\s+(.+)", re.IGNORECASE | re.DOTALL)
LIMIT = re.compile(r"\d{1,5}")
EVALUATED = (
    "fields @..., filter @... = '...', filter @... like /.../, sort @... asc or desc, limit; the "
    f"fields are {', '.join(sorted(FIELDS))}"
)


def apply() -> None:
    """Patch the imported MiniStack."""
    begin = cloudwatch_logs._start_query

    def start_query(data: dict[str, Any]) -> Any:
        for stage in cloudwatch_logs._split_insights_pipes(data.get("queryString") or ""):
            if not is_evaluated(stage.strip()):
                return error_response_json(
                    "MalformedQueryException",
                    f"local AWS does not evaluate {stage.strip()!r}. It evaluates {EVALUATED}.",
                    400,
                )
        return begin(data)

    cloudwatch_logs._start_query = start_query


def is_evaluated(stage: str) -> bool:
    """Whether MiniStack does with one command of a query what AWS does."""
    found = COMMAND.fullmatch(stage)
    if found is None:
        return False
    command, rest = found[1].lower(), found[2].strip()
    if command == "fields":
        return all(name.strip() in FIELDS for name in rest.split(","))
    if command == "limit":
        return LIMIT.fullmatch(rest) is not None
    if command == "sort":
        field, _, order = rest.partition(" ")
        return field in FIELDS and order.strip().lower() in {"", "asc", "desc"}
    regular = re.search(r"like\s+/(.*)/i?$", rest, re.IGNORECASE | re.DOTALL)
    if regular is not None:
        try:
            re.compile(regular[1])
        except re.error:
            return False
    field = re.match(r"(?:toMillis\()?(@\w+)", rest)
    return (
        field is not None
        and field[1] in FIELDS
        and cloudwatch_logs._compile_insights_filter(stage) is not None
    )
