"""A failed deployment is explained by what the function said last."""

from __future__ import annotations

import json

from mesh.logs.function_log import error_in

ERROR = "[ERROR] Runtime.ImportModuleError: Unable to import module: No module named 'absent'"
FAILED_INIT = [
    "INIT_START Runtime Version: python3.13.v1",
    "[WARNING]\t2026-11-22T11:12:34.650Z\t\tLAMBDA_WARNING: Unhandled exception.",
    ERROR,
    "Traceback (most recent call last):",
    "INIT_REPORT Phase: init\tStatus: error\tError Type: Runtime.ImportModuleError",
]


def test_the_error_is_shown_and_not_lambdas_report_of_it() -> None:
    assert error_in(FAILED_INIT * 2) == [ERROR]


def test_a_long_traceback_is_shortened_to_its_beginning_and_its_end() -> None:
    frames = [f'  File "/var/task/{n}.py", line {n}, in f' for n in range(40)]
    shown = error_in(["[ERROR] ValueError: broken", *frames, "END RequestId: 1"])
    assert len(shown) == 8
    assert shown[:2] == ["[ERROR] ValueError: broken", "..."]
    assert shown[-1] == frames[-1]


def test_errors_logged_as_json_count_too() -> None:
    line = '{"level": "ERROR", "message": "SSM answers AccessDenied"}'
    shown = error_in(["START RequestId: 1", line, "END RequestId: 1"])
    assert shown == ["ERROR    SSM answers AccessDenied"]


def test_a_log_without_errors_explains_nothing() -> None:
    assert error_in(["START RequestId: 1", "all is well", "REPORT RequestId: 1"]) == []


def test_a_record_is_told_in_lines_and_the_events_after_it_are_not() -> None:
    raised = "Traceback (most recent call last):\n  File \"server.py\", line 3\nKeyError: 'city'"
    record = {"level": "ERROR", "message": "the tool failed", "exception": raised, "ms": 1}
    request = json.dumps({"level": "INFO", "message": "request", "status": 500})

    shown = error_in(["START RequestId: 1", json.dumps(record), request])

    assert shown == ["ERROR    KeyError: 'city' | the tool failed", *raised.splitlines()]
