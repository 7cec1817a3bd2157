"""Pages of docs/ that are made from the code: commands, Terraform's variables, clients, notices.

A page that people write is not here. `mesh docs` writes these, and a test compares them.
"""

from mesh.reference.pages import pages

__all__ = ["pages"]
