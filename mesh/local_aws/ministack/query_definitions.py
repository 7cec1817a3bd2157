"""Saved queries of Logs Insights, which MiniStack 1.5.33 does not have: put, list, delete.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
"""

from __future__ import annotations

import copy
import json
import time
import uuid
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudwatch_logs

type Answer = tuple[int, dict[str, str], bytes]

OK, BAD_REQUEST = 200, 400
JSON = {"Content-Type": "application/x-amz-json-1.1"}
KEPT = ("name", "queryString", "logGroupNames")
# In MiniStack's own file of the service, so that it is saved and read with the rest.
STATE = "query_definitions"

_definitions = AccountRegionScopedDict()


def apply() -> None:
    """Patch the imported MiniStack."""
    handle, state = cloudwatch_logs.handle_request, cloudwatch_logs.get_state
    restore = cloudwatch_logs.load_persisted_state

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        operation = OPERATIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is not None:
            return operation(json.loads(body or b"{}"))
        answer: Answer = await handle(method, path, headers, body, query)
        return answer

    def get_state() -> dict[str, Any]:
        kept: dict[str, Any] = state()
        return kept | {STATE: copy.deepcopy(_definitions)}

    def load_persisted_state(data: dict[str, Any]) -> None:
        restore(data)
        _definitions.update((data or {}).get(STATE, {}))

    cloudwatch_logs.handle_request = handle_request
    cloudwatch_logs.get_state = get_state
    cloudwatch_logs.load_persisted_state = load_persisted_state


def _put(asked: dict[str, Any]) -> Answer:
    known = asked.get("queryDefinitionId")
    if known is not None and known not in _definitions:
        return _missing(known)
    identity = known or str(uuid.uuid4())
    kept = {name: asked[name] for name in KEPT if name in asked}
    _definitions[identity] = {
        **kept,
        "queryDefinitionId": identity,
        "lastModified": int(time.time() * 1000),
    }
    return _answer({"queryDefinitionId": identity})


def _describe(asked: dict[str, Any]) -> Answer:
    prefix = asked.get("queryDefinitionNamePrefix", "")
    found = [item for item in _definitions.values() if item["name"].startswith(prefix)]
    return _answer({"queryDefinitions": sorted(found, key=lambda item: str(item["name"]))})


def _delete(asked: dict[str, Any]) -> Answer:
    identity = asked.get("queryDefinitionId", "")
    if identity not in _definitions:
        return _missing(identity)
    del _definitions[identity]
    return _answer({"success": True})


OPERATIONS = {
    "PutQueryDefinition": _put,
    "DescribeQueryDefinitions": _describe,
    "DeleteQueryDefinition": _delete,
}


def _answer(said: dict[str, Any], status: int = OK) -> Answer:
    # A new dict each time: MiniStack adds headers of one answer to it.
    return status, dict(JSON), json.dumps(said).encode()


def _missing(identity: str) -> Answer:
    said = {
        "__type": "ResourceNotFoundException",
        "message": f"Query definition {identity} does not exist.",
    }
    return _answer(said, BAD_REQUEST)
