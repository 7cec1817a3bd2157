"""Which tools the fast path may call, by Pydantic's own schema of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, TypeAdapter

from mcp_app.plain_values import leaves_plain_values
from ops.bundle.argument_checks import NotPlainError, checks
from ops.bundle.callable_tools import check_result
from ops.bundle.fast_path import ask
from ops.environment import ROOT


@leaves_plain_values
def marked(value: Any) -> Any:
    return value


def schema(function: Any) -> Any:
    return TypeAdapter(function).core_schema


def test_each_argument_has_a_check_with_its_limits() -> None:
    def tool(
        text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=9)],
        kind: Annotated[Literal["a", "b"], BeforeValidator(marked)] = "a",
        number: Annotated[int, Field(ge=1, le=5)] = 1,
        share: Annotated[float | None, Field(ge=0, le=1)] = None,
        names: Annotated[list[str] | None, Field(max_length=3)] = None,
        on: bool = False,  # noqa: FBT001, FBT002
        fields: dict[str, Any] | None = None,
        one_or_many: str | list[str] = "",
    ) -> None: ...

    made = checks(schema(tool))
    assert made["text"] == [True, ["str", 1, 9, True, "", None]]
    assert made["kind"] == [False, ["literal", "a", "b"]]
    assert made["number"] == [False, ["int", 1, 5]]
    assert made["share"] == [False, ["nullable", ["float", 0, 1]]]
    assert made["names"][1][:2] == ["nullable", ["list", ["str", 0, 2**53, False, "", None], 0, 3]]
    assert made["on"] == [False, ["bool"]]
    text = ["str", 0, 2**53, False, "", None]
    assert made["fields"][1] == ["nullable", ["dict", text, ["any"], 0, 2**53]]
    assert made["one_or_many"][1] == ["union", text, ["list", text, 0, 2**53]]


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (Annotated[str, BeforeValidator(lambda value: value)], "not marked"),
        (Annotated[str, AfterValidator(marked)], "function-after"),
        (dict[int, str], "keys are no text"),
        (dict[str, Annotated[int, Field(gt=3)]], "gt"),
        (int | float, "alike"),
        (list[str] | list[int], "alike"),
        (datetime, "a datetime"),
        (Annotated[str, StringConstraints(pattern=r"\bx\b")], "pattern"),
        (Annotated[int, Field(gt=3)], "gt"),
        (Annotated[int, Field(strict=True)], "int"),
        (Annotated[float, Field(multiple_of=2)], "multiple_of"),
        (Literal[1, 2], "literal"),
    ],
)
def test_what_pydantic_has_to_look_at_is_left_to_it(annotation: Any, reason: str) -> None:
    def tool(value: Any) -> None: ...

    tool.__annotations__["value"] = annotation
    with pytest.raises(NotPlainError, match=reason):
        checks(schema(tool))


def test_any_number_of_arguments_is_left_to_fastmcp() -> None:
    def tool(**given: int) -> None: ...

    with pytest.raises(NotPlainError, match="any number"):
        checks(schema(tool))


def test_a_result_that_is_written_in_a_way_of_its_own_is_left_to_pydantic() -> None:
    import datetime as dt  # noqa: PLC0415 - a kind of result

    check_result(schema(list[dict[str, int | None]]))
    with pytest.raises(NotPlainError, match="datetime"):
        check_result(schema(list[dt.datetime]))


def test_a_server_of_fewer_sources_is_asked_for_its_own_documents(tmp_path: Path) -> None:
    made = ask(ROOT, tmp_path, lambda: frozenset({"documents", "commits"}))
    assert made is not None
    assert [*made["lists"]] == ["commits,documents", "code,commits,documents,tickets"]
    for listed in made["lists"].values():
        assert listed["legacy"]["resources/list"]["document"]
