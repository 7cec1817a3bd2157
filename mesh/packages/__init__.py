"""The packages of a server: which its author asks for, and the lock made of them and Mesh's own."""

from mesh.packages.author_lock import is_installed, kept
from mesh.packages.declarations import Declared, declared
from mesh.packages.lock_file import lock

__all__ = ["Declared", "declared", "is_installed", "kept", "lock"]
