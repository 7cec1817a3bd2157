"""The KMS key of a log group that is there already, which MiniStack does not know (1.5.33).

Nothing is encrypted with it; it is kept and told.
docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import cloudwatch_logs

# What a MiniStack operation returns: status, headers, body.
type Answer = tuple[int, dict[str, str], bytes]

OPERATIONS = frozenset({"AssociateKmsKey", "DisassociateKmsKey"})


def apply() -> None:
    """Patch the imported MiniStack."""
    handle = cloudwatch_logs.handle_request

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if operation in OPERATIONS:
            return _keep(json.loads(body or b"{}"))
        answer: Answer = await handle(method, path, headers, body, query)
        return answer

    cloudwatch_logs.handle_request = handle_request


def _keep(asked: dict[str, Any]) -> Answer:
    name = (
        asked.get("logGroupName") or asked.get("resourceIdentifier", "").partition(":log-group:")[2]
    )
    group = cloudwatch_logs._log_groups.get(name)
    if group is None:
        message = f"The specified log group does not exist: {name}"
        missing: Answer = cloudwatch_logs.error_response_json(
            "ResourceNotFoundException", message, 400
        )
        return missing
    group["kmsKeyId"] = asked.get("kmsKeyId")
    kept: Answer = cloudwatch_logs.json_response({})
    return kept
