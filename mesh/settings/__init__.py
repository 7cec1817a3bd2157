"""The settings of a server's author, for the build and for deployments."""

from mesh.settings.location import Location, locate
from mesh.settings.project import project
from mesh.settings.settings import Settings, settings

__all__ = ["Location", "Settings", "locate", "project", "settings"]
