"""Whose docstrings nothing reads on Lambda."""

from __future__ import annotations

# Saves 7 % of the zip, beartype's alone 4 %. Packages whose docstrings nobody sees: they define no
# tools and no models, whose docstrings become descriptions, and read none of their own.
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
