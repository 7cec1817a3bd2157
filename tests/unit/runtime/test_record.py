"""A record is what a dataclass is, to Python and to Pydantic."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from mesh.runtime.record import Record


class records:  # noqa: N801 - a name for two sets of classes
    class Place(Record, kw_only=True):
        """Where it is."""

        kind: Literal["page", "line"] = "page"
        number: int

    class Note(Place, kw_only=True):
        """What is there."""

        text: str | None = None
        labels: tuple[str, ...]

    class Found[Hit](Record, kw_only=True):
        """What was found."""

        hits: tuple[Hit, ...]
        reason: str | None = None


class plain:  # noqa: N801 - as above
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Place:
        """Where it is."""

        kind: Literal["page", "line"] = "page"
        number: int

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Note(Place):
        """What is there."""

        text: str | None = None
        labels: tuple[str, ...]

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Found[Hit]:
        """What was found."""

        hits: tuple[Hit, ...]
        reason: str | None = None


NOTE = records.Note(number=3, labels=("a", "b"))


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_pydantic_describes_it_as_it_describes_a_dataclass(
    mode: Literal["validation", "serialization"],
) -> None:
    # A class first and then its base, and the other way round: each has fields of its own.
    for kinds in (records.Found[records.Note], records.Place), (records.Note, records.Found[int]):
        described = [TypeAdapter(kind).json_schema(mode=mode) for kind in kinds]
        same = {
            records.Found[records.Note]: plain.Found[plain.Note],
            records.Found[int]: plain.Found[int],
            records.Place: plain.Place,
            records.Note: plain.Note,
        }
        wanted = [TypeAdapter(same[kind]).json_schema(mode=mode) for kind in kinds]
        assert json.dumps(described) == json.dumps(wanted)


def test_pydantic_reads_and_writes_it() -> None:
    adapter = TypeAdapter(records.Found[records.Note])

    read = adapter.validate_python({"hits": [{"number": 3, "labels": ["a", "b"]}]})

    assert read == records.Found(hits=(NOTE,))
    assert adapter.dump_json(read) == (
        b'{"hits":[{"kind":"page","number":3,"text":null,"labels":["a","b"]}],"reason":null}'
    )
    with pytest.raises(ValidationError, match="number"):
        adapter.validate_python({"hits": [{"labels": []}]})


def test_dataclasses_takes_it_for_its_own() -> None:
    assert dataclasses.is_dataclass(NOTE)
    assert [one.name for one in dataclasses.fields(NOTE)] == ["kind", "number", "text", "labels"]
    assert dataclasses.asdict(records.Found(hits=(NOTE,))) == {
        "hits": ({"kind": "page", "number": 3, "text": None, "labels": ("a", "b")},),
        "reason": None,
    }
    assert dataclasses.replace(NOTE, number=4) == records.Note(number=4, labels=("a", "b"))


def test_a_changed_copy_is_another_record() -> None:
    changed = copy.replace(NOTE, text="new")

    assert (changed.text, NOTE.text) == ("new", None)
    assert changed != NOTE
    assert hash(changed) != hash(NOTE)


def test_wrong_and_missing_values_are_refused() -> None:
    with pytest.raises(TypeError, match="Note needs labels"):
        records.Note(number=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Note cannot take size"):
        records.Note(number=3, labels=(), size=1)  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match=r"Note\.number cannot be changed"):
        NOTE.number = 4  # type: ignore[misc]
