"""Makes the build's project of an author's settings: its files, and the lock of its packages."""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from mesh import packages
from mesh.build import hook
from mesh.build.bundle.dependencies import MESH_LOCK, pins
from mesh.build.failure import BuildError
from mesh.build.project import Project, version_of, write_metadata
from mesh.build.target import Target
from mesh.settings.settings import Settings

# What Mesh itself puts at the root of every zip.
OWN = frozenset({"mesh", "packed_modules"})
# Such as `export CITY=Rome`.
ASSIGNED = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=", re.MULTILINE)


def project(
    settings: Settings, target: Target, environment: Mapping[str, str] | None = None
) -> Project:
    """The project that a server's zip is built from.

    Args:
        settings: The author's.
        target: What the zip is for; the packages are locked for it.
        environment: Variables that the function will have of the author's, where they are known.

    Raises:
        BuildError: the packages cannot be locked, or a file of the author's would hide a package
            of the zip.
    """
    made = Project(
        root=settings.root,
        name=settings.name,
        version=version_of(settings.folder),
        server=settings.server,
        requirements=MESH_LOCK,
        include=settings.include,
        tools=settings.tools,
        example=asdict(settings.smoke) if settings.smoke else None,
        catalogues=settings.catalogues,
        hook=hook.load(settings.build, settings.folder) if settings.build else None,
        environment=environment or {},
        metadata=write_metadata(settings.folder, settings.folder / ".mesh" / "metadata"),
        notes=tuple(not_taken(settings.folder, environment or {})),
    )
    refuse_shadows(made)
    declared = packages.declared(settings.folder, settings.file, settings.requirements)
    names = None if settings.shrink_packages else declared.names()
    if settings.lock:
        lock = packages.kept(settings.folder / settings.lock)
        made = replace(made, requirements=lock, is_installed=packages.is_installed(lock))
    else:
        made = replace(made, requirements=packages.lock(declared, settings.folder, target))
    return replace(made, declared=names)


def not_taken(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Variables that a project's files set for its server, and that the function lacks.

    Args:
        folder: The project's.
        environment: The variables that the function will have, where they are known.
    """
    for file in (".env", "fastmcp.json"):
        place = folder / file
        if not place.is_file():
            continue
        text = place.read_text(encoding="utf-8", errors="replace")
        names = ASSIGNED.findall(text) if file == ".env" else _deployed(text)
        if missing := [name for name in names if name not in environment]:
            listed = ", ".join(missing)
            yield (
                f"{file} sets {listed}, and Lambda has no such file. Put values into "
                "environment_variables (.tfvars). Store secrets with `mesh secrets set`."
            )


def _deployed(text: str) -> list[str]:
    """The variables that a `fastmcp.json` sets."""
    try:
        content = json.loads(text)
    except ValueError:
        # Who names the server's file needs nothing of it.
        return []
    deployment = content.get("deployment") if isinstance(content, dict) else None
    variables = deployment.get("env") if isinstance(deployment, dict) else None
    return list(variables) if isinstance(variables, dict) else []


def refuse_shadows(found: Project) -> None:
    """Refuse files that Python would import instead of a package of the zip.

    Raises:
        BuildError: names the file and the package.
    """
    modules = provided()
    for name, _ in found.files():
        top, _, below = name.partition("/")
        module = re.sub(r"\.(py|so|cpython.*\.so)$", "", top)
        if module in modules and (below or top != module):
            where = f"the folder {top}/" if below else f"the file {top}"
            raise BuildError(
                f"{found.root} has {where}, which Python would import instead of the package "
                f"{modules[module]}. Rename it, or leave it out with the setting include."
            )


def provided() -> dict[str, str]:
    """The importable names of Mesh's own packages, with the distribution of each."""
    names = dict.fromkeys(OWN, "mesh")
    own = pins(MESH_LOCK)
    for module, owners in importlib.metadata.packages_distributions().items():
        for owner in owners:
            normalised = re.sub(r"[-_.]+", "-", owner).lower()
            if normalised in own:
                names.setdefault(module, normalised)
    return names
