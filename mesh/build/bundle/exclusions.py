"""What of the dependencies stays out of the zip, and why.

Lists, made by hand and held by tests that serve FastMCP from the pruned zip. Not by an import
trace: it misses what is loaded on the first request, or only for an error. The figures are those
of `python -m benchmarks.build_steps`, for the zip of Mesh's own packages.
Nothing that access control, output schemas or a client of HTTP may need is listed; what an
application may need and this one does not is in `optional.py`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

# Saves 14 % of the zip. Whole distributions that FastMCP asks for, by their normalised names. It
# imports each only where the reason says.
DISTRIBUTIONS = {
    # fastmcp.cli, the `fastmcp` command: no one types it on Lambda.
    "cyclopts": "command line",
    "docstring-parser": "of cyclopts",
    "rich-rst": "of cyclopts",
    "pyperclip": "command line's clipboard",
    # uvicorn's reloader and WebSocket server: Lambda hands over plain HTTP requests.
    "watchfiles": "reloading after an edit",
    "websockets": "WebSocket server",
    # email_validator asks DNS only with check_deliverability; pydantic's EmailStr does not.
    "dnspython": "mail servers of an address",
    # httpx's HTTP/2, which postgrest locks; both ways to the services use HTTP/1.1, where a
    # connection that died in a frozen sandbox is found out sooner.
    "h2": "HTTP/2",
    "hpack": "of h2",
    "hyperframe": "of h2",
    # cffi's parser of C declarations; the extension modules are built already.
    "pycparser": "compiling C",
}

# Areas of OpenAI's API that this server asks nothing of: 2 MB. openai imports the modules of
# an area when its client is asked for that area.
OPENAI_AREAS = (
    *("admin", "audio", "beta", "containers", "conversations", "evals", "fine_tuning"),
    *("live", "realtime", "skills", "webhooks"),
)

# Parts of distributions that stay. Patterns of fnmatch over paths in the zip.
PARTS = (
    *(f"openai/resources/{area}/*" for area in OPENAI_AREAS),
    *(f"openai/types/{area}/*" for area in OPENAI_AREAS),
    "openai/lib/beta/*",
    "openai/lib/browser.py",  # drives a browser for a model
    "openai/lib/computer.py",
    "openai/lib/live/*",
    "openai/lib/responses_tool_runner.py",
    "openai/lib/responses_websocket/*",
    # 8 % of FastMCP's start, which is INIT of a server without a fast path: httpx imports rich and
    # pygments for its own command line.
    "httpx/_main.py",
    "httpx2/_main.py",
)

# Saves 9 % of the zip. Of pygments' 250 languages rich colours one, in the tracebacks that
# FastMCP logs.
PYGMENTS_LEXERS = frozenset({"__init__.py", "_mapping.py", "python.py", "special.py"})

# What an installer writes down about this machine.
INSTALLER = "INSTALLER"
INSTALLERS = frozenset({INSTALLER, "REQUESTED", "direct_url.json", "uv_cache.json"})


def is_installers(path: PurePosixPath) -> bool:
    """Whether the file at `path`, relative to the zip's root, is of the installation only.

    All else of a package that Mesh does not know goes into the zip as it is.
    """
    if path.suffix == ".pyc":
        return True
    return path.parts[0].endswith(".dist-info") and path.name in INSTALLERS


def is_dropped(path: PurePosixPath, patterns: tuple[str, ...] = ()) -> bool:
    """Whether the file at `path`, relative to the zip's root, is left out.

    Args:
        path: Relative to the zip's root.
        patterns: What else is left out; see `optional.py`.
    """
    # RECORD has digests of the launchers in `bin`, which name this machine's Python.
    if path.parts[0] == "bin" or is_installers(path) or path.name == "RECORD":
        return True
    if path.parts[:2] == ("pygments", "lexers"):
        return path.name not in PYGMENTS_LEXERS
    return any(fnmatchcase(str(path), pattern) for pattern in (*PARTS, *patterns))


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
