"""Who is measured: this server as it may be deployed, and others, each with the same tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.starts import requests, trees
from benchmarks.starts.instance import LambdaInstance, Program
from benchmarks.starts.issuer import AUDIENCE
from benchmarks.starts.requests import Kind
from benchmarks.starts.services import API_KEYS, ORIGIN_SECRET, Services
from benchmarks.starts.trees import Tree
from benchmarks.starts.web_instance import WebInstance
from mesh.local_aws.instances.sandbox import Sandbox

HANDLER = "mesh.runtime.handler.handler"
# A setting, measured when it is asked for.
ASKED_FOR = frozenset({"ours-preloaded", "ours-token"})
type Instance = LambdaInstance | WebInstance

FIRST = (requests.HEALTH, requests.INITIALIZE, requests.LIST, requests.CALL)
WARM = (requests.INITIALIZE, requests.LIST, requests.CALL)
ERAS = (*WARM, requests.HEALTH, requests.MODERN_LIST, requests.MODERN_CALL)
PLAIN = (requests.PLAIN_LIST, requests.PLAIN_CALL)


@dataclass(frozen=True)
class Subject:
    """A server that is measured.

    Attributes:
        name: In JSON and on the command line.
        title: In tables, 27 characters at most.
        about: What it is, in a sentence.
        tree: What it runs.
        program: How.
        first: What a cold instance is asked, each on one of its own.
        warm: What a warm instance is asked.
        web: Whether it is a web server behind the Web Adapter.
    """

    name: str
    title: str
    about: str
    tree: Tree
    program: Program
    first: tuple[Kind, ...]
    warm: tuple[Kind, ...]
    web: bool = False

    def instance(self, sandbox: Sandbox) -> Instance:
        """A new instance, not started."""
        kind = WebInstance if self.web else LambdaInstance
        return kind(self.program, sandbox)


def our_environment(services: Services, **changes: str) -> dict[str, str]:
    """What Terraform's defaults set, as far as it matters to the server."""
    return {
        "MESH_NAME": "aoma-mesh",
        "MESH_ENVIRONMENT": "benchmark",
        "AOMA_BACKEND": "embedded",
        "MESH_AUTH": "api_key",
        "MESH_API_KEYS_PARAMETER": API_KEYS,
        "MESH_SECRETS_TTL_SECONDS": "60",
        "MESH_LOG_LEVEL": "INFO",
        "MESH_METRICS_NAMESPACE": "aoma-mesh",
        # Counted as always, and never reached.
        "MESH_RATE_LIMIT_PER_MINUTE": "1000000",
        # A busy machine is slow.
        "MESH_DEADLINE_SECONDS": "100",
        "AWS_ENDPOINT_URL_SSM": services.store.url,
        **changes,
    }


def our_program(services: Services, tree: Tree, **changes: str) -> Program:
    """This server, its callers with an API key; with other variables as named."""
    return Program(
        tree.folder,
        HANDLER,
        our_environment(services, **changes),
        headers={"authorization": f"Bearer {services.key}"},
    )


def by_iam(services: Services, tree: Tree, **changes: str) -> Program:
    """This server, its callers let in by the Function URL: no secret to be read."""
    variables = our_environment(services, MESH_AUTH="iam", **changes)
    return Program(tree.folder, HANDLER, variables, signed=True)


def by_token(services: Services, tree: Tree, **changes: str) -> Program:
    """This server, its callers with an access token: the issuer's keys are fetched first."""
    oauth = {
        "MESH_AUTH": "both",
        "MESH_OAUTH_ISSUER": services.issuer.url,
        "MESH_OAUTH_AUDIENCES": AUDIENCE,
    }
    program = our_program(services, tree, **oauth, **changes)
    return replace(program, headers={"authorization": f"Bearer {services.issuer.token}"})


def by_domain(services: Services, tree: Tree, **changes: str) -> Program:
    """This server behind a domain of its own: callers with an API key, come through there."""
    domain = {
        "MESH_PUBLIC_URL": "https://mesh.example.com/",
        "MESH_ORIGIN_SECRET_PARAMETER": ORIGIN_SECRET,
    }
    program = our_program(services, tree, **domain, **changes)
    return replace(program, headers={**program.headers, **services.way})


class Subjects:
    """Makes subjects by name; what they run is built when it is first asked for.

    Args:
        services: What runs beside them.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._made: dict[str, Tree] = {}
        self._ways: dict[str, Callable[[], Subject]] = {
            "bare": self._bare,
            "ours": self._ours,
            "ours-iam": self._ours_iam,
            "ours-domain": self._ours_domain,
            "ours-token": self._ours_token,
            "ours-full": self._ours_full,
            "ours-streaming": self._ours_streaming,
            "ours-supabase": self._ours_supabase,
            "ours-preloaded": self._ours_preloaded,
            "author": partial(self._author, "author", "the standard library and plain types"),
            "author-models": partial(self._author, "author-models", "Pydantic's models"),
            "awslabs": self._awslabs,
            "official-sdk": self._official_sdk,
            "usual": self._usual,
            "usual-bytecode": self._usual_bytecode,
            "usual-web": self._usual_web,
        }

    @property
    def known(self) -> tuple[str, ...]:
        """All that can run here."""
        without = {"ours-supabase", "ours-preloaded"} if not self._services.supabase else set[str]()
        return tuple(name for name in self._ways if name not in without)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are measured when none is named."""
        return tuple(name for name in self.known if name not in ASKED_FOR)

    def make(self, name: str) -> Subject:
        """The subject of that name."""
        return self._ways[name]()

    def tree(self, name: str, make: Callable[[], Tree]) -> Tree:
        """A tree, made once."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def our_tree(self) -> Tree:
        """The zip of this project."""
        return self.tree("ours", trees.ours)

    def _bare(self) -> Subject:
        tree = self.tree("bare", lambda: trees.peer("bare", ["bare.py"]))
        return Subject(
            "bare",
            "bare handler",
            "a handler of 40 lines without any package",
            tree,
            Program(tree.folder, "bare.handler"),
            FIRST,
            ERAS,
        )

    def _our(
        self,
        name: str,
        title: str,
        about: str,
        program: Program,
        first: tuple[Kind, ...] = (*FIRST, requests.SEARCH),
        warm: tuple[Kind, ...] = (*ERAS, *PLAIN, requests.SEARCH),
    ) -> Subject:
        return Subject(name, title, about, self.our_tree(), program, first, warm)

    def _ours(self) -> Subject:
        return self._our(
            "ours",
            "ours",
            "this server as deployed by default: API keys, read from SSM over TLS",
            our_program(self._services, self.our_tree()),
        )

    def _ours_iam(self) -> Subject:
        return self._our(
            "ours-iam",
            "ours, IAM",
            "the same behind AWS_IAM: the Function URL checks who calls, nothing is read",
            by_iam(self._services, self.our_tree()),
        )

    def _ours_domain(self) -> Subject:
        return self._our(
            "ours-domain",
            "ours, domain",
            "the default behind a domain of its own: that a request came through is checked too",
            by_domain(self._services, self.our_tree()),
        )

    def _ours_token(self) -> Subject:
        return self._our(
            "ours-token",
            "ours, access token",
            "the default with an issuer: callers have its tokens, whose keys come without TLS",
            by_token(self._services, self.our_tree()),
        )

    def _ours_full(self) -> Subject:
        return self._our(
            "ours-full",
            "ours, no fast path",
            "the default with the fast path switched off: FastMCP answers everything",
            our_program(self._services, self.our_tree(), MESH_FAST_PATH="off"),
        )

    def _ours_streaming(self) -> Subject:
        wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/mesh/runtime/bootstrap"}
        return self._our(
            "ours-streaming",
            "ours, streaming",
            'the default with invoke_mode = "RESPONSE_STREAM"',
            our_program(self._services, self.our_tree(), **wrapper),
        )

    def _ours_supabase(self) -> Subject:
        variables: Mapping[str, str] = self._services.supabase or {}
        return self._our(
            "ours-supabase",
            "ours, supabase backend",
            "the default with Supabase and OpenAI behind its tools (stand-ins on this machine)",
            our_program(self._services, self.our_tree(), AOMA_BACKEND="supabase", **variables),
            first=(*FIRST, requests.SEARCH, requests.ANSWER),
        )

    def _ours_preloaded(self) -> Subject:
        variables = {**(self._services.supabase or {}), "MESH_PRELOAD": "mcp_app.preload"}
        return self._our(
            "ours-preloaded",
            "ours, clients in INIT",
            "the same with preload_modules: both services' clients are imported in INIT",
            our_program(self._services, self.our_tree(), AOMA_BACKEND="supabase", **variables),
            first=(*FIRST, requests.SEARCH, requests.ANSWER),
        )

    def _author(self, name: str, about: str) -> Subject:
        tree = self.tree(name, lambda: trees.author(name.replace("-", "_")))
        return Subject(
            name,
            name.replace("-", ", "),
            f"a plain server.py with {about}, deployed by Mesh behind AWS_IAM",
            tree,
            by_iam(self._services, tree),
            FIRST,
            ERAS,
        )

    def _awslabs(self) -> Subject:
        tree = self.tree(
            "awslabs", lambda: trees.peer("awslabs", ["awslabs_handler.py"], "awslabs")
        )
        return Subject(
            "awslabs",
            "awslabs handler",
            "awslabs' mcp-lambda-handler: a handler with the protocol of 2024 in it",
            tree,
            Program(tree.folder, "awslabs_handler.handler"),
            (requests.INITIALIZE, requests.LIST, requests.CALL),
            WARM,
        )

    def _official_sdk(self) -> Subject:
        tree = self.tree(
            "official-sdk", lambda: trees.peer("official-sdk", ["official_sdk.py"], "official-sdk")
        )
        return Subject(
            "official-sdk",
            "official SDK + Mangum",
            "the official SDK's low-level server behind Mangum, without bytecode",
            tree,
            Program(tree.folder, "official_sdk.handler"),
            FIRST,
            ERAS,
        )

    def usual_program(self, folder: Path, **changes: str) -> Program:
        """FastMCP behind Mangum."""
        return Program(folder, "usual_lambda.handler", {**self._services.usual, **changes})

    def usual_tree(self, *, bytecode: bool) -> Tree:
        """FastMCP's zip as people ship it, or with bytecode."""
        name = "usual-bytecode" if bytecode else "usual"
        files = ["usual.py", "usual_lambda.py", "usual_web.py", "web"]
        return self.tree(name, lambda: trees.peer(name, files, "usual", bytecode=bytecode))

    def _usual_subject(self, name: str, title: str, about: str, tree: Tree) -> Subject:
        searched = self._services.supabase is not None
        extra = (requests.SEARCH,) if searched else ()
        program = self.usual_program(tree.folder)
        return Subject(name, title, about, tree, program, (*FIRST, *extra), (*ERAS, *extra))

    def _usual(self) -> Subject:
        return self._usual_subject(
            "usual",
            "usual FastMCP + Mangum",
            "FastMCP behind Mangum as people ship it: all imports at the top, no bytecode",
            self.usual_tree(bytecode=False),
        )

    def _usual_bytecode(self) -> Subject:
        return self._usual_subject(
            "usual-bytecode",
            "usual, with bytecode",
            "the same with bytecode that is valid on Lambda",
            self.usual_tree(bytecode=True),
        )

    def _usual_web(self) -> Subject:
        tree = self.usual_tree(bytecode=False)
        variables = {
            **self._services.usual,
            "AWS_LAMBDA_EXEC_WRAPPER": "/var/task/web",
        }
        return Subject(
            "usual-web",
            "FastMCP + uvicorn",
            "the same FastMCP under uvicorn, as AWS's Lambda Web Adapter runs it",
            tree,
            Program(tree.folder, "usual_web", variables),
            FIRST,
            ERAS,
            web=True,
        )
