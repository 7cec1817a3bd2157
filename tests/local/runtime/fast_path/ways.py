"""Ways of answering, each in a process of its own: they share no module and no state."""

from __future__ import annotations

import base64
import copyreg
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mcp_app.settings import Settings
from mesh.build.environment import ROOT
from tests.fixtures.runtime_api import LambdaSide, reply_of
from tests.local.runtime.fast_path.live_memory import Memory


def _proxy(values: dict[str, Any]) -> MappingProxyType[str, Any]:
    return MappingProxyType(values)


copyreg.pickle(MappingProxyType, lambda proxy: (_proxy, ({**proxy},)))


class Way:
    """A process that answers events.

    Args:
        name: `fast`, `full`, or `alone`: the fast path with nothing behind it.
        root: The folder with `mcp_app`, as the build makes it.
        task: The task root, with the index.
        settings: The deployment's; None for those of the variables.
        keys: The API keys that there are, as they are stored; None for none.
        streams: Whether it is the runtime of streamed answers.
        variables: More of the environment.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        task: Path,
        settings: Settings | None = None,
        keys: str | None = None,
        *,
        streams: bool = False,
        **variables: str,
    ) -> None:
        self._lambda = LambdaSide().__enter__() if streams else None
        pickled = None if settings is None else base64.b64encode(pickle.dumps(settings)).decode()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.local.runtime.fast_path.worker"],
            cwd=root,
            env={
                "PATH": os.defpath,
                "MESH_SERVER": os.environ["MESH_SERVER"],
                # Lambda always has them.
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "HOME": str(task),
                "PYTHONPATH": os.pathsep.join(map(str, (root, ROOT))),
                "LAMBDA_TASK_ROOT": str(task),
                "MESH_LOG_LEVEL": "CRITICAL",
                "FASTMCP_LOG_ENABLED": "false",
                **({"MESH_API_KEYS_PARAMETER": "/p"} if keys else {"MESH_AUTH": "none"}),
                **variables,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        address = self._lambda and self._lambda.api.address
        self._tell(
            json.dumps({"way": name, "settings": pickled, "keys": keys, "runtime_api": address})
        )
        # CPU time of the last answer.
        self.seconds = 0.0

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _asked(self, line: str) -> Any:
        self._tell(line)
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        assert told, "the process ended"
        return json.loads(told)

    def answer(self, event: Any, hashes: Any = None) -> Any:
        """What `worker` says of an event."""
        result = None if self._lambda is None else self._lambda.invoke(event)
        said = self._asked(json.dumps({"event": event, "hashes": hashes}))
        if result is not None:
            said["reply"] = reply_of(result.result())
        self.seconds = said["seconds"]
        return said

    def memory(self) -> Memory:
        """The memory of the process."""
        return Memory(*self._asked(""))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()
        if self._lambda is not None:
            self._lambda.__exit__()
