"""Terraform for all acceptance tests, with one process of its provider for many runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
import pytest_terraform.tf

from mesh.local_aws.process_identity import OWNER
from tests.fixtures import provider_pool


@pytest.fixture(scope="session", autouse=True)
def terraform_on_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let every run of Terraform, in this process and in those it starts, use the pool."""
    folder = tmp_path_factory.mktemp("provider-pool")
    with pytest.MonkeyPatch.context() as patch:
        on_path = provider_pool.install(folder, f"{OWNER}={os.environ[OWNER]}")
        patch.setenv("PATH", str(on_path), prepend=os.pathsep)
        # It has looked for Terraform already.
        patch.setattr(pytest_terraform.tf.LazyTfBin, "value", shutil.which("terraform"))
        yield
    provider_pool.end(folder)
