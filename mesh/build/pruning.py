"""What of the dependencies stays out of the zip, and why.

Three lists, made by hand and held by tests that serve FastMCP from the pruned zip. Not by
an import trace: it misses what is loaded on the first request, or only for an error.
Nothing that access control, output schemas or a client of HTTP may need is listed; what an
application may need and this one does not is in `optional.py`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

# Whole distributions that requirements/lambda.txt locks because FastMCP asks for them, by
# their normalised names. FastMCP imports each only where the reason says.
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
    "fastmcp/cli/*",  # needs cyclopts
    # Command lines; httpx would import rich and pygments for its own with every first call.
    "httpx/_main.py",
    "httpx2/_main.py",
    "mcp/cli/*",  # needs typer, which is not locked
    "cffi/*",  # builds extensions; running them takes _cffi_backend alone
    "pydantic/mypy.py",
    "pydantic/v1/_hypothesis_plugin.py",
    "pydantic/v1/mypy.py",
    "anyio/pytest_plugin.py",
    "platformdirs/pytest_plugin.py",
    "pygments/sphinxext.py",
    # For people who read the sources.
    "*/README.md",
    "openai/*/api.md",
    "multidict/_testcapi.*",  # tests of C code that uses multidict
)

# Of pygments' 250 languages rich colours one, in the tracebacks that FastMCP logs.
PYGMENTS_LEXERS = frozenset({"__init__.py", "_mapping.py", "python.py", "special.py"})

# Of every distribution: what only installers, type checkers and compilers read. METADATA
# stays (fastmcp and httpx2 look up versions), entry_points.txt (opentelemetry looks up its
# context), and every licence.
FOLDERS = frozenset({"__pycache__", "tests", "test", "benchmarks", "sboms"})
NAMES = frozenset({"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "uv_cache.json"})
SUFFIXES = frozenset({".pyi", ".c", ".h", ".cpp", ".hpp", ".pxd", ".pyx", ".pyc", ".rs"})

# What an installer writes down about this machine.
INSTALLERS = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})


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

    A package may well have a module `tests.py`: only folders named so are dropped.
    """
    if path.parts[0] == "bin" or FOLDERS.intersection(path.parts[:-1]):
        return True
    if path.suffix in SUFFIXES or path.name == "py.typed":
        return True
    if path.parts[0].endswith(".dist-info") and path.name in NAMES:
        return True
    if path.parts[:2] == ("pygments", "lexers"):
        return path.name not in PYGMENTS_LEXERS
    return any(fnmatchcase(str(path), pattern) for pattern in (*PARTS, *patterns))
