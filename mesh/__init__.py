"""Runs any FastMCP server on AWS Lambda, behind an address that never changes."""

__version__ = "1.0.0"
