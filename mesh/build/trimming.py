"""What of a dependency's file nothing reads on Lambda: left out, the rest as it was."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from mesh.build import stripping

# Packages whose docstrings nobody sees: they define no tools and no models, whose docstrings
# become descriptions, and read none of their own. beartype's alone are 4 % of the zip.
UNDOCUMENTED = frozenset(
    {
        *("_yaml", "aiofile", "anyio", "attr", "attrs", "authlib", "beartype", "cachetools"),
        *("caio", "certifi", "click", "cryptography", "deprecation.py", "dotenv"),
        *("email_validator", "exceptiongroup", "griffe", "h11", "httpcore", "httpcore2", "httpx"),
        *("httpx2", "idna", "joserfc", "jsonref.py", "jsonschema", "jsonschema_path"),
        *("jsonschema_specifications", "jwt", "key_value", "mangum", "markdown_it", "mdurl"),
        *("multidict", "opentelemetry", "packaging", "pathable", "platformdirs", "propcache"),
        *("pygments", "python_multipart", "referencing", "rich", "sniffio", "sse_starlette"),
        *("starlette", "truststore", "typing_extensions.py", "typing_inspection", "uvicorn"),
        *("yaml", "yarl"),
    }
)
# Packages with models: a class's docstring becomes a description, a method's does not. The tools
# that FastMCP has of its own are functions.
METHODS_UNDOCUMENTED = frozenset(
    {
        *("fastmcp", "mcp", "mcp_types", "openai", "openapi_pydantic", "postgrest", "pydantic"),
        *("pydantic_core", "pydantic_settings"),
    }
)


# What a package index shows; what says something of the licence stays.
# https://packaging.python.org/en/latest/specifications/core-metadata/
INDEX_FIELDS = re.compile(
    rb"^(?:Classifier: (?!License)|Description-Content-Type: |Home-page: |Keywords: |Project-URL: )"
    rb".*\n(?:[ \t].*\n)*",
    re.MULTILINE,
)
AUTHORITIES = "certifi/cacert.pem"


def trimmed(name: str, data: bytes) -> bytes:
    """The content of the file at `name` in the zip."""
    path = PurePosixPath(name)
    if ".so" in path.suffixes:
        return stripping.stripped(data)
    if path.parts[0].endswith(".dist-info") and path.name == "METADATA":
        # Name and version are looked up; behind the headers stands the project's README.
        head, _, _ = data.partition(b"\n\n")
        return INDEX_FIELDS.sub(b"", head.rstrip(b"\n") + b"\n")
    if name == AUTHORITIES:
        # Whose each certificate is, in words and fingerprints; a reader skips it.
        return re.sub(rb"^(?:#.*)?\n", b"", data, flags=re.MULTILINE)
    return data
