"""What MiniStack 1.5.33 does otherwise than AWS with web ACLs, put right here.

https://docs.aws.amazon.com/waf/latest/APIReference/API_WebACL.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import waf

type Answer = tuple[int, dict[str, str], bytes]

OK = 200
BODIES = "CustomResponseBodies"


def apply() -> None:
    """Keep the answers that rules refer to: they are forgotten, so that every plan adds them."""
    create, update = (
        waf.create_web_acl_record,
        waf._update_web_acl,
    )

    def create_web_acl_record(
        name: str, scope: str, props: dict[str, Any]
    ) -> tuple[str, str, dict[str, Any]]:
        uid, arn, record = create(name, scope, props)
        _keep(record, props)
        return uid, arn, record

    def update_web_acl(data: dict[str, Any]) -> Answer:
        answer: Answer = update(data)
        if answer[0] == OK:
            scope = data.get("Scope", "REGIONAL")
            _keep(waf.web_acl_record(data.get("Id", ""), scope), data)
        return answer

    waf.create_web_acl_record = create_web_acl_record
    waf._update_web_acl = update_web_acl


def _keep(record: dict[str, Any], props: dict[str, Any]) -> None:
    if props.get(BODIES):
        record[BODIES] = props[BODIES]
    else:
        record.pop(BODIES, None)
