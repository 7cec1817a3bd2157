"""The parts of a zip as a CycloneDX document, made from the zip alone.

https://cyclonedx.org/docs/1.6/json/. The same zip gives the same bytes: the document has no date,
and its serial number comes from the zip's digest. So whoever has both can make it again and
compare.
"""

from __future__ import annotations

import hashlib
import json
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from mesh.build.bundle import archive
from mesh.build.bundle.exclusions import INSTALLER
from mesh.build.failure import BuildError
from mesh.build.pipeline import RECORD

METADATA = ".dist-info/METADATA"
# What zipfile raises when a byte of a zip was changed: RuntimeError where it seems encrypted or
# of an unknown compression.
UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, ValueError)


def file_of(zipped: Path) -> Path:
    """Where the document of a zip lies: beside it."""
    return zipped.with_suffix(".cdx.json")


def record_of(zipped: Path) -> dict[str, Any]:
    """What the build wrote about a zip into it, once the zip's content agrees with it.

    Raises:
        BuildError: it is no zip of this build, or its content was changed afterwards.
    """
    name = RECORD
    try:
        with zipfile.ZipFile(zipped) as opened:
            record: dict[str, Any] = json.loads(opened.read(RECORD))
            found = {}
            for name in opened.namelist():
                found[name] = hashlib.sha256(opened.read(name)).hexdigest()
            del found[RECORD]
    except UNREADABLE as error:
        if name != RECORD:
            raise BuildError(
                f"{zipped} was changed or damaged after it was built: {name} in it cannot be read "
                f"({error}). Do not deploy it."
            ) from error
        raise BuildError(
            f"{zipped} is no zip that mesh built: it cannot be read, or has no {RECORD}."
        ) from error
    content = archive.content_sha256(found)
    if content != record.get("content_sha256"):
        raise BuildError(
            f"{zipped} was changed after it was built: its content is {content}, and its "
            f"{RECORD} says {record.get('content_sha256')}. Do not deploy it."
        )
    return record


def document(zipped: Path) -> str:
    """The parts of a zip: each Python package with its version and licence.

    Raises:
        BuildError: it is no zip of this build, or its content was changed afterwards.
    """
    record = record_of(zipped)
    with zipped.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    facts = {
        "architecture": record["architecture"],
        "python": record["python"],
        "commit": record["commit"] or "none",
        "content_sha256": record["content_sha256"],
    }
    whole = Component(
        name=record["name"],
        version=record["version"],
        type=ComponentType.APPLICATION,
        bom_ref=f"{record['name']}-{record['architecture']}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        properties=[Property(name=f"mesh:{name}", value=value) for name, value in facts.items()],
    )
    made = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{digest}"),
        metadata=BomMetaData(component=whole),
        components=list(_packages(zipped)),
    )
    made.register_dependency(whole, made.components)
    shown = json.loads(JsonV1Dot6(made).output_as_string())
    # When it was written says nothing about the zip.
    del shown["metadata"]["timestamp"]
    return json.dumps(shown, indent=2, sort_keys=True) + "\n"


def parts(shown: Mapping[str, Any]) -> dict[str, str]:
    """The packages of a document, with their versions."""
    return {str(one["name"]): str(one["version"]) for one in shown.get("components", ())}


def _packages(zipped: Path) -> Iterator[Component]:
    licences = LicenseFactory()
    with zipfile.ZipFile(zipped) as opened:
        names = frozenset(opened.namelist())
        for name in sorted(names):
            if not name.endswith(METADATA) or name.count("/") != 1:
                continue
            # The server's own project is the whole, and no part.
            if name.removesuffix("METADATA") + INSTALLER in names:
                continue
            headers = HeaderParser().parsestr(opened.read(name).decode(errors="replace"))
            package, version = headers["Name"], headers["Version"]
            purl = PackageURL("pypi", None, package.lower().replace("_", "-"), version)
            said = _licence(headers)
            yield Component(
                name=package,
                version=version,
                type=ComponentType.LIBRARY,
                bom_ref=purl.to_string(),
                purl=purl,
                licenses=[licences.make_from_string(said)] if said else (),
            )


def _licence(headers: Message) -> str | None:
    """The licence of a package in a few words; older packages have its whole text there."""
    said = headers["License-Expression"] or headers["License"]
    if said and "\n" not in said:
        return str(said)
    classified = [
        line.rpartition(" :: ")[2]
        for line in headers.get_all("Classifier", ())
        if line.startswith("License :: ")
    ]
    return classified[0] if classified else None
