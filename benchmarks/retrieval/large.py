"""100,000 real passages: the documentation of AWS's services, as botocore carries it.

botocore is in the environment (requirements/runtime.txt), so nothing is fetched. Each service is
a document, and each operation and structure a section of it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import botocore

_TAG = re.compile(r"<[^>]+>")
_SPACE = re.compile(r"\s+")


def _plain(html: str | None) -> str:
    return _SPACE.sub(" ", unescape(_TAG.sub(" ", html or ""))).strip()


def _sections(service: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Headings and texts: operations with their parameters, then structures with their members."""
    shapes: dict[str, dict[str, object]] = service["shapes"]  # type: ignore[assignment]
    operations: dict[str, dict[str, object]] = service["operations"]  # type: ignore[assignment]
    for kind in (operations, shapes):
        for name, described in kind.items():
            lines = [_plain(described.get("documentation"))]  # type: ignore[arg-type]
            members: dict[str, dict[str, str]] = described.get("members") or {}  # type: ignore[assignment]
            lines += [
                f"- `{member}`: {_plain(one.get('documentation'))}"
                for member, one in members.items()
                if one.get("documentation")
            ]
            text = "\n".join(line for line in lines if line)
            if text:
                yield name, text


def write(folder: Path, limit_sections: int) -> int:
    """Write documents of at most this many sections in all; gives how many there are."""
    count = 0
    for place in sorted(Path(botocore.__file__).parent.glob("data/*")):
        versions = sorted(place.glob("*/service-2.json.gz"))
        if not versions:
            continue
        service = json.loads(gzip.decompress(versions[-1].read_bytes()))
        title = service["metadata"]["serviceFullName"]
        parts = [f"# {title}\n\n{_plain(service.get('documentation'))}\n"]
        for name, text in _sections(service):
            parts.append(f"## {name}\n\n{text}\n")
            count += 1
            if count == limit_sections:
                break
        (folder / f"{place.name}.md").write_text("\n".join(parts))
        if count == limit_sections:
            break
    return count
