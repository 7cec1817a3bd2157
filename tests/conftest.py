"""For all tests: their order, and a local AWS with Terraform's environment pointing to it."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import pytest_terraform.tf

from aoma.database.migrate import migrate
from aoma.local_supabase.stack import LocalSupabase
from mesh.local_aws import process
from mesh.local_aws.process_identity import OWNER
from mesh.stack import terraform
from tests.fixtures import leftovers
from tests.fixtures.once import once_per_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser

    from aoma.local_supabase.openai.server import LocalOpenAI
    from mesh.local_aws.process import Running

    type Chromium = Callable[[], AbstractContextManager[Browser]]

ROOT = Path(__file__).resolve().parents[1]
# As the handler sets it: FastMCP's log lines go where ours go, and tests see them.
os.environ["FASTMCP_LOG_ENABLED"] = "false"
# What runs here without a zip is AOMA Mesh.
os.environ["MESH_SERVER"] = "mcp_app.server:create_server"

# However this run ends, what its tests have started ends too.
os.environ[OWNER] = str(os.getpid())
leftovers.watch(f"{OWNER}={os.getpid()}")

# What a shell runs in the background ignores Ctrl-C, and so would all that tests start there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Examples come from the day's seed alone: none that another run left, no function's own, and
# no time limit that a busy machine passes.
hypothesis.settings.register_profile(
    "mesh",
    derandomize=False,
    database=None,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("mesh")
SEED = "--hypothesis-seed"

# Of local AWS's log, shown with a failure.
LOG_LINES = 100

TESTS = ROOT / "tests"
# What takes longest is started first: started last it would leave all but one worker without work.
TIERS = ("acceptance", "local", "unit")
# Of these files, each takes minutes.
LONGEST = (
    "test_release",
    "test_wheel",
    "test_any_server",
    "test_bootstrap",
    "test_options_on_local_aws",
    "test_custom_domain",
    "test_examples",
    "test_access",
    "test_deployment",
    "test_streaming",
    "test_server_settings",
    "test_root_on_local_aws",
    "test_real_plans",
    "test_conformance",
    "test_protocol_clients",
    "test_native",
    "test_bundle_reproducible",
)


# First: Hypothesis's own hook reads the option.
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give Hypothesis and our own generators a new seed each day, unless one was passed.

    pytest-xdist hands the option on to its workers, so all of a run have one seed.
    """
    if config.getoption(SEED) is None:
        config.option.hypothesis_seed = f"{datetime.now(UTC):%Y%m%d}"


def pytest_xdist_auto_num_workers() -> int | None:
    """Two workers more than cores: Terraform waits for AWS in most acceptance tests."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.process_cpu_count() or 1) + 2


def pytest_report_header(config: pytest.Config) -> str:
    """Say how to repeat the run."""
    seed = config.getoption(SEED)
    return f"seed: {seed} (a new one each day; repeat this run with {SEED}={seed})"


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> str:
    """The seed of this run, for a test's own `random.Random`."""
    return str(pytestconfig.getoption(SEED))


# First: pytest selects by marker in this hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the unit tests, and begin with the files and the tier that take longest."""

    def tier(item: pytest.Item) -> str:
        return item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""

    def turn(item: pytest.Item) -> tuple[int, int]:
        return (
            (*LONGEST, item.path.stem).index(item.path.stem),
            (*TIERS, tier(item)).index(tier(item)),
        )

    for item in items:
        if tier(item) == "unit":
            item.add_marker(pytest.mark.unit)
    items.sort(key=turn)


@pytest.fixture
def aws(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """Start a local AWS of the test's own; Terraform and boto3 in this process reach only it.

    With the parameter `enforce_iam`, functions may do only what their role may.
    """
    state, log = tmp_path / "aws", tmp_path / "aws.log"
    enforce_iam = getattr(request, "param", None) == "enforce_iam"
    running = process.start(state, log=log, enforce_iam=enforce_iam)
    try:
        base = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        wanted = terraform.environment(tmp_path / "terraform-data", base=base)
        wanted |= running.environment
        for name in os.environ.keys() - wanted.keys():
            monkeypatch.delenv(name)
        for name, value in wanted.items():
            monkeypatch.setenv(name, value)
        # Roots are named from the top of the repository: pytest-terraform's own search
        # would find this folder, which has the name of the root.
        monkeypatch.setattr(pytest_terraform.tf.LazyModuleDir, "value", str(ROOT))
        # Nothing is replayed. terraform/tf_resources.json would hold all attributes in clear,
        # and come and go while tests beside this one copy the folder.
        monkeypatch.setattr(pytest_terraform.tf.TerraformState, "save", lambda *_: None)
        # It applies a plan that nobody looks at; a plan of its own costs as much as the apply.
        monkeypatch.setattr(pytest_terraform.tf.TerraformRunner.apply, "__defaults__", ("no plan",))
        # This AWS goes with all that is in it. What destroying does is tested where it counts.
        monkeypatch.setattr(pytest_terraform.tf.TerraformFixture, "tear_down", lambda _: None)
        yield running
    finally:
        process.stop(state)
        # pytest shows it with a test that failed.
        print("\n".join(log.read_text().splitlines()[-LOG_LINES:]))  # noqa: T201 - pytest shows it


@pytest.fixture(scope="session")
def migrated_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSupabase]:
    """A Supabase project of this worker's, migrated; tests take `supabase`."""
    with LocalSupabase(tmp_path_factory.mktemp("supabase")) as project:
        with project.connect() as connection:
            migrate(connection)
        project.save_template()
        yield project
    project.remove()


@pytest.fixture
def supabase(migrated_project: LocalSupabase) -> LocalSupabase:
    """A migrated, empty Supabase project, with no faults to come and no requests behind it."""
    migrated_project.fresh()
    return migrated_project


@pytest.fixture(scope="session")
def openai_process() -> Iterator[LocalOpenAI]:
    """The stand-in for OpenAI of this worker's; tests take `openai_server`."""
    # The SDK's types take most of a second to import.
    from aoma.local_supabase.openai.server import LocalOpenAI  # noqa: PLC0415 - see above

    with LocalOpenAI() as server:
        yield server


@pytest.fixture
def openai_server(openai_process: LocalOpenAI) -> LocalOpenAI:
    """The stand-in for OpenAI, as if new: no faults, no answers, no vector stores."""
    openai_process.reset()
    return openai_process


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """Starts a headless Chromium: `with chromium() as browser`."""
    # Few tests need one.
    from tests.fixtures.browser import installed_chromium  # noqa: PLC0415 - see above
    from tests.fixtures.browser.chromium import launched  # noqa: PLC0415 - see above

    return partial(launched, *installed_chromium.find())
