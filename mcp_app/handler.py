"""The Lambda entry point under its former name, for a function whose Terraform still has that."""

from mesh.runtime.handler import handler

__all__ = ["handler"]
