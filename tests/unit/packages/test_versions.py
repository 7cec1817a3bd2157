"""Mesh has one version: in the zips, and in the metadata of both distributions."""

from __future__ import annotations

import importlib.metadata

import pytest

import mesh


@pytest.mark.parametrize("distribution", ["mesh-mcp", "aoma-mesh"])
def test_a_distribution_has_the_version_of_the_package(distribution: str) -> None:
    assert importlib.metadata.version(distribution) == mesh.__version__
