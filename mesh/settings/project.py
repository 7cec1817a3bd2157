"""Makes the build's project of an author's settings: its files, and the lock of its packages."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping
from dataclasses import asdict, replace

from mesh import packages
from mesh.build import hook
from mesh.build.bundle.dependencies import MESH_LOCK, pins
from mesh.build.failure import BuildError
from mesh.build.project import Project, version_of
from mesh.build.target import Target
from mesh.settings.settings import Settings

# What Mesh itself puts at the root of every zip.
OWN = frozenset({"mesh", "packed_modules"})


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
