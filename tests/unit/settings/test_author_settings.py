"""An author's settings: found by themselves, or refused with the key and what it may be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mesh import settings
from mesh.build import BuildError
from mesh.build.bundle.dependencies import MESH_LOCK
from mesh.build.environment import ROOT
from mesh.build.project import Project
from mesh.failure import CommandFailedError
from mesh.settings import Settings
from mesh.settings.project import not_taken, refuse_shadows
from mesh.settings.settings import NAME, deployable_name
from mesh.settings.variables import refuse_unknown, variables
from mesh.stack.lookup import current_stack, server_of

SERVER = 'from fastmcp import FastMCP\n\nmcp = FastMCP("weather")\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "Weather Desk"
    folder.mkdir()
    (folder / "server.py").write_text(SERVER)
    return folder


def read(place: Path | str, **environment: str) -> Settings:
    return settings.settings(settings.locate(place), environment)


def test_a_server_needs_no_settings(root: Path) -> None:
    for place in (root, root / "server.py"):
        found = read(place)
        assert (found.root, found.server, found.name) == (root, "server:mcp", "weather-desk")
        assert found.smoke is None
        assert found.origins["server"] == "found in server.py"


def test_the_current_folder_is_meant_when_nothing_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert settings.locate().root == root


@pytest.mark.parametrize("file", ["mesh.toml", "pyproject.toml"])
def test_every_setting_is_read(root: Path, file: str) -> None:
    head = "" if file == "mesh.toml" else "[tool.mesh]\n"
    (root / "app.py").write_text("")
    (root / file).write_text(
        f'{head}server = "app:create"\nname = "shop-desk"\nrequirements = "server.txt"\n'
        'include = ["app.py", "data"]\n'
        'smoke = { tool = "forecast", arguments = { city = "Rome" } }\n'
        'lock = "server.lock"\nbuild = "hooks:add"\ntools = "shop.tools"\n'
        'catalogues = "shop.lists"\nshrink_packages = true\n'
    )
    (root / "server.py").unlink()
    found = read(root)
    assert found.server == "app:create"
    assert found.name == "shop-desk"
    assert found.requirements == "server.txt"
    assert found.include == ("app.py", "data")
    assert (found.lock, found.build) == ("server.lock", "hooks:add")
    assert (found.tools, found.catalogues) == ("shop.tools", "shop.lists")
    assert found.shrink_packages
    assert found.smoke is not None
    assert (found.smoke.tool, found.smoke.arguments) == ("forecast", {"city": "Rome"})
    assert all(origin.startswith(str(root / file)) for origin in found.origins.values())


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("import fastmcp\nweather = fastmcp.FastMCP('w')\n", "weather"),
        ("from fastmcp import FastMCP as F\nweather: F = F('w')\n", "weather"),
        ("from fastmcp.server import FastMCP\nif True:\n    m = FastMCP('w')\n", "m"),
        ("from fastmcp import FastMCP\napi = FastMCP.from_openapi({})\n", "api"),
        ("from fastmcp import FastMCP\nm = FastMCP('w')\ndef f():\n    n = FastMCP('n')\n", "m"),
    ],
)
def test_the_only_fastmcp_object_is_found(root: Path, source: str, wanted: str) -> None:
    (root / "server.py").write_text(source)
    assert read(root).server == f"server:{wanted}"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "from fastmcp import FastMCP\na = FastMCP('a')\nb = FastMCP('b')\n",
            ("2 FastMCP servers: a, b", "server:NAME"),
        ),
        (
            "from fastmcp import FastMCP\ndef make() -> FastMCP:\n    return FastMCP('w')\n",
            ("in a function", 'server = "server:make"'),
        ),
        ("from mcp.server.fastmcp import FastMCP\nm = FastMCP('w')\n", ("from fastmcp import",)),
        ("mcp = 1\n", ("no line such as `mcp = FastMCP(...)`", 'server = "server:FUNCTION"')),
        ("mcp = (\n", ("line 1", "not valid Python")),
    ],
)
def test_a_file_that_leaves_it_open_is_told_what_to_write(
    root: Path, source: str, said: tuple[str, ...]
) -> None:
    (root / "server.py").write_text(source)
    with pytest.raises(CommandFailedError) as failed:
        read(root)
    for words in (str(root / "server.py"), *said):
        assert words in str(failed.value)


@pytest.mark.parametrize("name", ["mcp", "server", "app"])
def test_of_several_servers_the_one_with_a_usual_name_is_taken(root: Path, name: str) -> None:
    (root / "server.py").write_text(
        f"from fastmcp import FastMCP\na = FastMCP('a')\n{name} = FastMCP('m')\nb = FastMCP('b')\n"
    )
    assert read(root).server == f"server:{name}"


def test_a_setting_that_names_no_module_is_refused_although_there_is_a_server(root: Path) -> None:
    (root / "server.py").write_text(SERVER)
    (root / "mesh.toml").write_text('server = "nope:mcp"\n')
    with pytest.raises(CommandFailedError, match="there is no module nope"):
        read(root)


def test_a_setting_leads_away_from_the_usual_file(root: Path) -> None:
    (root / "server.py").write_text(SERVER)
    (root / "other.py").write_text(SERVER)
    (root / "mesh.toml").write_text('server = "other:mcp"\n')
    assert read(root).server == "other:mcp"


def test_the_command_line_may_name_the_object(root: Path) -> None:
    (root / "server.py").write_text(SERVER + "other = FastMCP('o')\n")
    assert read(f"{root / 'server.py'}:other").server == "server:other"


def test_a_file_of_another_name_is_found_when_it_is_the_only_server(root: Path) -> None:
    (root / "server.py").rename(root / "weather.py")
    (root / "tools.py").write_text("")
    assert read(root).server == "weather:mcp"
    (root / "second.py").write_text(SERVER)
    with pytest.raises(CommandFailedError, match=r"no server\.py"):
        read(root)
    assert read(root / "second.py").server == "second:mcp"


def test_a_server_in_a_package_is_imported_by_its_whole_name(root: Path) -> None:
    package = root / "src" / "weather"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (root / "server.py").rename(package / "server.py")
    (root / "pyproject.toml").write_text('[tool.mesh]\nname = "packaged"\n')
    found = read(package / "server.py")
    assert (found.root, found.server) == (root / "src", "weather.server:mcp")
    assert found.name == "packaged"
    assert found.folder == root
    assert found.file == package / "server.py"


@pytest.mark.parametrize("above", ["src/", ""], ids=["src", "flat"])
@pytest.mark.parametrize("setting", ['server = "weather_desk.server:mcp"\n', ""])
def test_a_project_with_a_package_needs_no_name_on_the_command_line(
    root: Path, above: str, setting: str
) -> None:
    package = root / f"{above}weather_desk"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (root / "server.py").rename(package / "server.py")
    (root / "pyproject.toml").write_text('[project]\nname = "weather-desk"\n')
    (root / "mesh.toml").write_text(setting)
    (root / "tests").mkdir()
    (root / "tests" / "server.py").write_text(SERVER)
    found = read(root)
    assert (found.root, found.server) == (package.parent, "weather_desk.server:mcp")
    assert found.folder == root


def test_of_two_packages_in_src_neither_is_guessed(root: Path) -> None:
    for name in ("one", "two"):
        package = root / "src" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "server.py").write_text(SERVER)
    (root / "server.py").unlink()
    (root / "pyproject.toml").write_text('[project]\nname = "weather"\n')
    with pytest.raises(CommandFailedError) as failed:
        read(root)
    for words in ("src/one/server.py, src/two/server.py", str(root / "mesh.toml")):
        assert words in str(failed.value)
    (root / "mesh.toml").write_text('server = "two.server:mcp"\n')
    assert (read(root).root, read(root).server) == (root / "src", "two.server:mcp")


@pytest.mark.parametrize(
    "source",
    [
        '{"path": "app/main.py", "entrypoint": "make"}',
        '{"path": "app/main.py:make"}',
    ],
)
def test_fastmcp_json_names_the_server(root: Path, source: str) -> None:
    (root / "app").mkdir()
    (root / "app" / "main.py").write_text(SERVER + "def make() -> FastMCP:\n    return mcp\n")
    (root / "fastmcp.json").write_text(f'{{"source": {source}}}')
    for place in (root, root / "fastmcp.json"):
        found = read(place)
        assert (found.root, found.folder) == (root / "app", root)
        assert found.server == "main:make"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ('{"source": {}}', "source has no path"),
        ('{"source": {"path": "nope.py"}}', "nope.py is not a file"),
    ],
)
def test_a_wrong_fastmcp_json_is_said(root: Path, content: str, said: str) -> None:
    (root / "fastmcp.json").write_text(content)
    with pytest.raises(CommandFailedError, match=said):
        read(root)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae = 'x'", ("no setting 'nmae'", "Did you mean name?", "requirements, lock, include")),
        ("name = 'Weather'", ("name is 'Weather'", "lower-case letters")),
        ("name = 'aws-desk'", ("name is 'aws-desk'", "not beginning with aws")),
        ("name = 3", ("name is 3",)),
        ("server = 'server'", ("server is 'server'", '"server:mcp"')),
        ("server = 'absent:mcp'", ("absent",)),
        ("include = 'data'", ("include is 'data'", "a list")),
        ("include = ['../data']", ("include",)),
        ("requirements = []", ("requirements is []",)),
        ("smoke = 'forecast'", ("smoke is 'forecast'", "tool")),
        ("smoke = { name = 'forecast' }", ("smoke is", "tool")),
        ("smoke = { tool = 'forecast', arguments = [] }", ("smoke is",)),
        ("name = ", ("not valid TOML",)),
    ],
)
def test_a_wrong_setting_names_the_file_the_key_and_what_it_may_be(
    root: Path, text: str, said: tuple[str, ...]
) -> None:
    (root / "mesh.toml").write_text(text)
    if "absent" in text:
        (root / "server.py").unlink()
    with pytest.raises(CommandFailedError) as failed:
        read(root)
    for words in (str(root / "mesh.toml") if "absent" not in text else "mesh.toml", *said):
        assert words in str(failed.value)


def test_two_files_with_settings_are_refused(root: Path) -> None:
    (root / "mesh.toml").write_text("name = 'one'\n")
    (root / "pyproject.toml").write_text("[tool.mesh]\nname = 'two'\n")
    with pytest.raises(CommandFailedError, match="both have settings"):
        read(root)


def test_the_shell_wins_over_the_setting_and_the_setting_over_the_project(root: Path) -> None:
    (root / "pyproject.toml").write_text('[project]\nname = "Weather_Service"\n')
    assert read(root).name == "weather-service"
    (root / "mesh.toml").write_text("name = 'desk'\n")
    assert read(root).name == "desk"
    found = read(root, TF_VAR_name="shop-desk")
    assert (found.name, found.origins["name"]) == ("shop-desk", "TF_VAR_name")
    with pytest.raises(CommandFailedError, match="TF_VAR_name is 'Shop'"):
        read(root, TF_VAR_name="Shop")


@pytest.mark.parametrize(
    "folder", ["weather", "Weather Desk!", "42", "aws", "ssm-x", "", "ü", "a" * 50, "a-" * 30, "_"]
)
def test_any_folder_gives_a_name_that_aws_takes(folder: str) -> None:
    assert NAME.fullmatch(deployable_name(folder))


def project(root: Path, include: tuple[str, ...] = ()) -> Project:
    return Project(root, "weather", "1", "server:mcp", MESH_LOCK, include)


@pytest.mark.parametrize(
    ("file", "package"),
    [("mcp.py", "mcp"), ("mesh.py", "mesh"), ("fastmcp/tools.py", "fastmcp"), ("jwt.py", "pyjwt")],
)
def test_a_file_that_hides_a_package_is_refused(root: Path, file: str, package: str) -> None:
    refuse_shadows(project(root))
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text("")
    with pytest.raises(BuildError, match=package) as failed:
        refuse_shadows(project(root))
    assert file.partition("/")[0] in str(failed.value)
    refuse_shadows(project(root, ("server.py",)))


def test_an_unknown_terraform_variable_is_refused_with_the_nearest_one() -> None:
    root = ROOT / "terraform"
    assert {"name", "memory_mb", "environment_variables"} <= variables(root)
    refuse_unknown({"TF_VAR_memory_mb": "512", "HOME": "/"}, root)
    with pytest.raises(CommandFailedError, match=r"TF_VAR_memmory_mb .*mean TF_VAR_memory_mb\?"):
        refuse_unknown({"TF_VAR_memmory_mb": "512"}, root)


def test_a_folder_without_a_server_does_not_mean_this_checkouts_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    location = server_of()
    with pytest.raises(CommandFailedError, match=r"no server\.py"):
        settings.settings(location)


def test_commands_are_about_the_current_folder_or_this_checkout(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (ROOT, ROOT / "mcp_app", ROOT / "docs"):
        monkeypatch.chdir(folder)
        assert current_stack().is_checkout
        assert server_of().folder == ROOT
    assert current_stack(str(root)).root == root
    monkeypatch.chdir(root)
    assert (current_stack().root, current_stack().terraform_root) == (root, ROOT / "terraform")
    # Without its server the folder still has what runs.
    (root / ".mesh" / "local").mkdir(parents=True)
    (root / "server.py").unlink()
    assert current_stack().root == root


def test_a_package_of_tools_that_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(BuildError, match=r"tools is 'weather\.tools', and .* is not a folder"):
        replace(project(root), tools="weather.tools").tool_modules()


def test_variables_that_lambda_will_not_have_are_named_without_their_values(root: Path) -> None:
    (root / ".env").write_text("# of mine\nexport CITY=Rome\nTOKEN = s3cret\nUNITS=metric\n")
    (root / "fastmcp.json").write_text('{"deployment": {"env": {"LEVEL": "debug"}}}')
    notes = [*not_taken(root, {"UNITS": "metric"})]
    assert [note.partition(",")[0] for note in notes] == [
        ".env sets CITY",
        "fastmcp.json sets LEVEL",
    ]
    assert "TOKEN" in notes[0]
    assert "s3cret" not in notes[0]
    assert "UNITS" not in notes[0]
    (root / "fastmcp.json").write_text("{")
    assert len([*not_taken(root, {})]) == 1
