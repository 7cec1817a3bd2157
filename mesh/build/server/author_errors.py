"""What keeps a server from being imported, in a line for its author: module, line, and remedy."""

from __future__ import annotations

import ast
import importlib.metadata
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh import SecretError
from mesh.build.server.question_process import end, in_time
from mesh.runtime.config.variables import SettingsError

# Of what an exception says: with the place and the remedy, two lines of a terminal.
LONGEST = 72
SDK_CLASS = "mcp.server.fastmcp"
NOT_MAIN = 'Importing the module ends it. Put that under `if __name__ == "__main__":`.'
VARIABLE = "Set it in `environment_variables` (.tfvars), or use mesh.secret()."
REMEDIES: tuple[tuple[type[BaseException], str], ...] = (
    # It is a ModuleNotFoundError too, and no requirement helps.
    (
        importlib.metadata.PackageNotFoundError,
        "Give your project a version in pyproject.toml, or catch this error.",
    ),
    (SecretError, "Call mesh.secret() in the tool: the build has no secrets."),
    (NameError, "Import the name, or define it above."),
)


@contextmanager
def explained(root: Path, server: str = "") -> Iterator[None]:
    """End the process with one line for the author, should their code fail within.

    Args:
        root: The folder that the author's modules are in.
        server: Where the server is, such as `server:mcp`.
    """
    try:
        with in_time():
            yield
    except SettingsError as error:
        end(f"{_place(error, root.resolve()) or _definition(root, server)}{error}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a module raises
        end(f"{_place(error, root.resolve())}{_said(error)}{_remedy(error)}")


def _definition(root: Path, server: str) -> str:
    """Where the object is assigned or defined that should be a server, as far as that is seen."""
    module, _, name = server.partition(":")
    below = Path(*module.split("."))
    for file in (below.with_suffix(".py"), below / "__init__.py"):
        if (root / file).is_file():
            lines = [
                one.lineno
                for one in ast.parse((root / file).read_bytes()).body
                for bound in ast.walk(one)
                if (isinstance(bound, ast.Name) and bound.id == name)
                or (isinstance(bound, ast.FunctionDef) and bound.name == name)
            ]
            return f"{file}, line {lines[0]}: " if lines else f"{file}: "
    return ""


def _place(error: BaseException, root: Path) -> str:
    """The author's line that was running last."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_below(Path(error.filename), root)}, line {error.lineno}: "
    frames = traceback.extract_tb(error.__traceback__)
    places = [(one.filename, str(one.lineno)) for one in frames]
    own = [(Path(name), line) for name, line in places if Path(name).is_relative_to(root)]
    return f"{_below(own[-1][0], root)}, line {own[-1][1]}: " if own else ""


def _below(file: Path, root: Path) -> str:
    return str(file.relative_to(root) if file.is_relative_to(root) else file.name)


def _said(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    if isinstance(error, importlib.metadata.PackageNotFoundError):
        text = f"No metadata of {error.name!r}"
    elif isinstance(error, ModuleNotFoundError) and error.name:
        # A package may say more there, of itself.
        text = f"No module named {error.name!r}"
    line = " ".join(f"{type(error).__name__}: {text}".split())
    if len(line) > LONGEST:
        return f"{line[:LONGEST].rsplit(' ', 1)[0]} ..."
    return f"{line.rstrip(': ').rstrip('.')}."


def _remedy(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "" if isinstance(error.code, str) else f" {NOT_MAIN}"
    for kind, remedy in REMEDIES:
        if isinstance(error, kind):
            return f" {remedy}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing(error.name)
    if _asked_environment(error):
        return f" {VARIABLE}"
    if any(form in str(error) for form in ("*args", "**kwargs")):
        return " Give each parameter of the tool a name."
    return ""


def _missing(module: str) -> str:
    package = module.partition(".")[0]
    if f"{module}.".startswith(f"{SDK_CLASS}."):
        return " That is the SDK's own FastMCP. Write `from fastmcp import FastMCP` instead."
    versions = [
        f"{one} {importlib.metadata.version(one)}"
        for one in importlib.metadata.packages_distributions().get(package, ())
    ]
    if versions and package != module:
        return f" The zip has {versions[0]}. Change the import, or the requirement."
    return f" Add the package that has {package!r} to the server's requirements."


def _asked_environment(error: BaseException) -> bool:
    """Whether it failed for want of an environment variable."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    modules = [str(frame.f_globals.get("__name__")) for frame in frames]
    if isinstance(error, KeyError):
        return modules[-1:] == ["os"]
    return any(one.partition(".")[0] == "pydantic_settings" for one in modules)
