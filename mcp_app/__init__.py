"""AOMA Mesh: ten knowledge tools, from Supabase and OpenAI or from an index inside the zip.

It uses nothing that another server could not use. Data flows one way: tool -> knowledge -> backend.
Nothing here imports more of `mesh` than its runtime.
"""

from mesh import __version__

__all__ = ["__version__"]
