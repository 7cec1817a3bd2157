"""What MiniStack 1.5.33 does otherwise than AWS, put right here and in `*_patches`.

Each has a test in `tests/local/local_aws/test_local_ministack.py` that fails once MiniStack does
it right by itself: then the patch can go.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from ministack import app as ministack
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from mesh.local_aws import LocalAwsError
from mesh.local_aws.function_url.ports import HOST
from mesh.local_aws.functions import LATEST, FunctionName
from mesh.local_aws.iam import requests, role_credentials
from mesh.local_aws.ministack import (
    application_autoscaling,
    cloudwatch,
    containers,
    insights,
    log_group_keys,
    query_definitions,
    waf,
)

# What a MiniStack operation returns: status, headers, body.
type Answer = tuple[int, dict[str, str], bytes]

NO_CONTENT = 204
POLICY_PATH = re.compile(r"/[^/]+/functions/([^/]+)/policy/(url[^/]*)")


def apply(
    *,
    open_url: Callable[[FunctionName, str | None], str],
    execute: Callable[[dict[str, Any], Any], dict[str, Any]],
) -> None:
    """Patch the imported MiniStack.

    Args:
        open_url: Opens the port of a Function URL and gives its address.
        execute: Runs a function for MiniStack's own callers: Invoke with type Event,
            CloudFormation, SNS, EventBridge.
    """
    _give_urls_a_port(open_url)
    _delete_urls_with_their_function()
    _serve_the_code_of_a_version()
    _keep_the_code_signing_of_a_new_function()
    _forget_a_dead_letter_queue_that_was_taken_away()
    _let_statement_ids_repeat_over_qualifiers()
    _route_statement_ids_that_look_like_urls()
    _find_buckets_below_localhost()
    application_autoscaling.apply()
    cloudwatch.apply()
    containers.apply()
    insights.apply()
    query_definitions.apply()
    log_group_keys.apply()
    requests.apply()
    role_credentials.apply()
    waf.apply()
    # Its own limit depends on this machine's memory. Without one it tells AWS's 1,000, which
    # executions enforces.
    lambda_svc._ACCOUNT_CONCURRENCY_CAP = 0
    # Its own execution of Lambda is the host's interpreter with the host's packages.
    lambda_svc._execute_function = execute


def _give_urls_a_port(open_url: Callable[[FunctionName, str | None], str]) -> None:
    """A Function URL's name ends in on.aws and resolves nowhere: give it one that does.

    CloudFormation's AWS::Lambda::Url goes through the same function.
    Its FunctionArn lacks the alias (seen in 1.5.33).
    """
    create = lambda_svc._create_function_url_config

    def create_with_port(name: str, data: dict[str, Any], qualifier: str | None) -> Answer:
        status, headers, body = create(name, data, qualifier)
        if status >= 400:  # noqa: PLR2004 - HTTP's own limit
            return status, headers, body
        alias = None if qualifier == LATEST else qualifier
        key = lambda_svc._url_config_key(name, alias)
        config = lambda_svc._function_urls[key]
        try:
            config["FunctionUrl"] = open_url(_here(name), alias)
        except LocalAwsError as error:
            del lambda_svc._function_urls[key]
            return _refuse("ServiceException", str(error), 400)
        if alias:
            config["FunctionArn"] += f":{alias}"
        return status, headers, json.dumps(config).encode()

    lambda_svc._create_function_url_config = create_with_port


def _find_buckets_below_localhost() -> None:
    """The SDKs ask `bucket.localhost` where the endpoint is `localhost`.

    MiniStack expects the bucket before the one host that it was told, ours is 127.0.0.1 (seen
    in 1.5.33).
    """
    extract = ministack._extract_s3_vhost_bucket

    def extract_from_any_host(host: str) -> str | None:
        name = host.strip().lower().partition(":")[0]
        below = name.removesuffix(".localhost")
        found: str | None = extract(host if below == name else f"{below}.{HOST}")
        return found

    ministack._extract_s3_vhost_bucket = extract_from_any_host


def _delete_urls_with_their_function() -> None:
    """The URLs of a deleted function or alias stay, and are in the way later (seen in 1.5.33)."""
    delete, delete_alias = lambda_svc._delete_function, lambda_svc._delete_alias

    def delete_function(
        name: str, query_params: dict[str, Any], path_qualifier: str | None = None
    ) -> Answer:
        answer: Answer = delete(name, query_params, path_qualifier)
        if answer[0] == NO_CONTENT and name not in lambda_svc._functions:
            for key in list(lambda_svc._function_urls.keys()):
                if key.partition(":")[0] == name:
                    del lambda_svc._function_urls[key]
        return answer

    def delete_alias_and_url(name: str, alias: str) -> Answer:
        answer: Answer = delete_alias(name, alias)
        if answer[0] == NO_CONTENT:
            lambda_svc._function_urls.pop(lambda_svc._url_config_key(name, alias), None)
        return answer

    lambda_svc._delete_function = delete_function
    lambda_svc._delete_alias = delete_alias_and_url


def _serve_the_code_of_a_version() -> None:
    """GetFunction with a qualifier gives $LATEST's zip as Code.Location (seen in 1.5.33)."""
    get, serve = lambda_svc._get_function, lambda_svc.serve_function_code

    def get_function(name: str, qualifier: str | None = None) -> Answer:
        status, headers, body = get(name, qualifier)
        answer = json.loads(body)
        location = answer.get("Code", {}).get("Location")
        version = answer.get("Configuration", {}).get("Version", LATEST)
        if not location or version == LATEST:
            return status, headers, body
        path = urlsplit(location).path
        answer["Code"]["Location"] = location.replace(path, f"{path}:{version}", 1)
        return status, headers, json.dumps(answer).encode()

    def serve_function_code(
        name: str, account_id: str | None = None, region: str | None = None
    ) -> Answer:
        function, _, version = name.partition(":")
        if not version or not account_id or not region:
            answer: Answer = serve(name, account_id, region)
            return answer
        record = lambda_svc._functions.get_scoped(account_id, region, function)
        held = (record or {}).get("versions", {}).get(version)
        if held is None:
            return 404, {"Content-Type": "text/plain"}, b"Function not found"
        return 200, {"Content-Type": "application/zip"}, held.get("code_zip") or b""

    lambda_svc._get_function = get_function
    lambda_svc.serve_function_code = serve_function_code


def _keep_the_code_signing_of_a_new_function() -> None:
    """CreateFunction forgets the code signing configuration that it was given (seen in 1.5.33)."""
    create = lambda_svc._create_function

    def create_function(data: dict[str, Any]) -> Answer:
        answer: Answer = create(data)
        arn = data.get("CodeSigningConfigArn")
        if answer[0] < 400 and arn:  # noqa: PLR2004 - HTTP's own limit
            lambda_svc._functions[json.loads(answer[2])["FunctionName"]][
                "code_signing_config_arn"
            ] = arn
        return answer

    lambda_svc._create_function = create_function


def _forget_a_dead_letter_queue_that_was_taken_away() -> None:
    """An empty ARN takes it away, and is kept and told instead (seen in 1.5.33)."""
    update = lambda_svc._update_config

    def update_config(name: str, data: dict[str, Any]) -> Answer:
        answer: Answer = update(name, data)
        config = lambda_svc._functions.get(name, {}).get("config", {})
        if not (config.get("DeadLetterConfig") or {}).get("TargetArn"):
            config.pop("DeadLetterConfig", None)
        return answer

    lambda_svc._update_config = update_config


def _let_statement_ids_repeat_over_qualifiers() -> None:
    """A statement id is unique in the policy of one qualifier, not of all (seen in 1.5.33)."""
    add, remove = lambda_svc._add_permission, lambda_svc._remove_permission

    def add_permission(
        func_name: str,
        data: dict[str, Any],
        query_params: dict[str, Any] | None = None,
        path_qualifier: str | None = None,
    ) -> Answer:
        sid = data.get("StatementId")
        arn = _policy_arn(func_name, query_params, path_qualifier)
        same = [item["Resource"] for item in _statements(func_name) if item.get("Sid") == sid]
        if not same or arn in same:
            answer: Answer = add(func_name, data, query_params, path_qualifier)
            return answer
        # Under another id first, so that the same id of another qualifier is no conflict.
        draft = f"{sid}-{uuid.uuid4().hex}"
        status, headers, body = add(
            func_name, {**data, "StatementId": draft}, query_params, path_qualifier
        )
        for statement in _statements(func_name):
            if statement.get("Sid") == draft:
                statement["Sid"] = sid
        return status, headers, body.replace(draft.encode(), str(sid).encode())

    def remove_permission(
        func_name: str,
        sid: str,
        query_params: dict[str, Any],
        path_qualifier: str | None = None,
    ) -> Answer:
        arn = _policy_arn(func_name, query_params, path_qualifier)
        kept = [
            item
            for item in _statements(func_name)
            if item.get("Sid") != sid or item.get("Resource") != arn
        ]
        if len(kept) == len(_statements(func_name)):
            # Not found: in MiniStack's words. It must not remove another qualifier's.
            nowhere = uuid.uuid4().hex
            answer: Answer = remove(func_name, nowhere, query_params, path_qualifier)
            return answer
        lambda_svc._functions[func_name]["policy"]["Statement"] = kept
        return 204, {}, b""

    lambda_svc._add_permission = add_permission
    lambda_svc._remove_permission = remove_permission


def _route_statement_ids_that_look_like_urls() -> None:
    """RemovePermission of a statement id that starts with `url` goes astray (seen in 1.5.33).

    Its router takes every path that holds `/url` for a Function URL's.
    """
    handle = lambda_svc.handle_request

    async def handle_request(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
    ) -> Answer:
        found = POLICY_PATH.fullmatch(unquote(path))
        if method == "DELETE" and found:
            name, qualifier = lambda_svc._resolve_request_scoped_name_and_qualifier(found[1])
            removed: Answer = lambda_svc._remove_permission(name, found[2], query_params, qualifier)
            return removed
        answer: Answer = await handle(method, path, headers, body, query_params)
        return answer

    lambda_svc.handle_request = handle_request


def _statements(name: str) -> list[dict[str, Any]]:
    function = lambda_svc._functions.get(name)
    return [] if function is None else list(function["policy"]["Statement"])


def _policy_arn(name: str, query_params: dict[str, Any] | None, path_qualifier: str | None) -> str:
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query_params)
    arn: str = lambda_svc._policy_resource_arn(name, qualifier)
    return arn


def _here(name: str) -> FunctionName:
    return FunctionName(get_account_id(), get_region(), name)


def _refuse(kind: str, message: str, status: int) -> Answer:
    answer: Answer = lambda_svc.error_response_json(kind, message, status)
    return answer
