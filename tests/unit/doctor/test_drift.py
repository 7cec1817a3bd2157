"""What somebody changed by hand is compared with the state of the same function only."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from mesh.doctor.drift import unfrozen
from mesh.doctor.function import Access, Function
from mesh.doctor.report import NotAskedError


def test_the_state_of_another_function_is_not_compared(tmp_path: Path) -> None:
    state = tmp_path / "terraform.tfstate"
    attributes = {"function_name": "mesh-local", "reserved_concurrent_executions": -1}
    one = {"mode": "managed", "type": "aws_lambda_function", "name": "this"}
    state.write_text(json.dumps({"resources": [one | {"instances": [{"attributes": attributes}]}]}))

    def nobody(service: str) -> None:
        raise AssertionError(service)

    access = Access(nobody, httpx.Auth(), "local AWS", state)
    with pytest.raises(NotAskedError, match="is that of mesh-local"):
        unfrozen(Function(access, "mesh-staging", "live", "http://127.0.0.1/", "NONE"))
