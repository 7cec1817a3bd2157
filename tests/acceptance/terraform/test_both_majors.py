"""One configuration for the AWS provider's majors 5 and 6: nothing deprecated, nothing removed.

What provider 5.100 says is deprecated, it says while it validates. What 6.0 took away, and what
its upgrade guide names, is looked for here.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mesh.build import environment
from mesh.stack import terraform

ROOT = environment.ROOT / "terraform"
FILES = [file for file in sorted(ROOT.rglob("*.tf")) if ".terraform" not in file.parts]
BLOCK = re.compile(
    r'^(?P<kind>resource|data) "(?P<type>\w+)" "(?P<name>\w+)" {\n(?P<body>.*?)^}',
    re.DOTALL | re.MULTILINE,
)
# By type: arguments and blocks that 5.100 deprecates or 6.x has not, as they begin a line.
GONE = {
    "aws_iam_role": ("inline_policy", "managed_policy_arns"),
    "aws_s3_bucket": (
        "acceleration_status",
        "acl",
        "cors_rule",
        "grant",
        "lifecycle_rule",
        "logging",
        "object_lock_configuration",
        "policy",
        "replication_configuration",
        "request_payer",
        "server_side_encryption_configuration",
        "versioning",
        "website",
    ),
    "aws_cloudfront_response_headers_policy": ("etag",),
    "aws_cloudwatch_log_group": ("skip_resource",),
    "aws_kms_key": ("is_public",),
    "aws_ssm_parameter": ("overwrite",),
    "aws_vpc_endpoint": ("service_endpoint",),
}
GONE_TYPES = {
    "aws_region",  # as data: `name` and `id` warn in 6.x, and `region` is not in 5.100
    "aws_s3_bucket_object",
    "aws_opsworks_stack",
    "aws_simpledb_domain",
    "aws_worklink_fleet",
}
PROVIDER_GONE = ("opsworks", "simpledb", "worklink", "skip_get_ec2_platforms")


def blocks() -> list[tuple[str, str, str]]:
    """Give file and address, type, and body of every resource and data source."""
    return [
        (f"{file.relative_to(ROOT)} {match['type']}.{match['name']}", match["type"], match["body"])
        for file in FILES
        for match in BLOCK.finditer(file.read_text())
    ]


def test_nothing_is_used_that_the_provider_takes_away() -> None:
    found = [
        f"{where}: {argument}"
        for where, kind, body in blocks()
        for argument in GONE.get(kind, ())
        if re.search(rf"^  {argument}\b\s*[={{]", body, re.MULTILINE)
    ]
    found += [where for where, kind, _ in blocks() if kind in GONE_TYPES]

    assert len(blocks()) > 30
    assert found == []


def test_nothing_is_used_that_only_the_newer_major_has() -> None:
    # Resources take a region of their own from 6.0 on; permissions know URLs from 6.28 on.
    newer = re.compile(r"^  (region|invoked_via_function_url)\s*=", re.MULTILINE)
    found = [where for where, _, body in blocks() if newer.search(body)]

    assert found == []


def test_rules_of_a_bucket_s_lifecycle_have_a_filter_not_a_prefix() -> None:
    for where, kind, body in blocks():
        if kind == "aws_s3_bucket_lifecycle_configuration":
            assert re.search(r"^    filter\b", body, re.MULTILINE), where
            assert not re.search(r"^    prefix\b", body, re.MULTILINE), where


def test_the_provider_s_own_block_names_no_service_that_is_gone() -> None:
    text = "\n".join(file.read_text() for file in FILES)

    assert [name for name in PROVIDER_GONE if re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("folder", [ROOT, ROOT / "bootstrap"], ids=lambda folder: folder.name)
def test_provider_5_100_warns_of_nothing(folder: Path, tmp_path: Path) -> None:
    # A copy, so that no folder with an override of somebody's is judged.
    root = tmp_path / "root"
    ignored = shutil.ignore_patterns(".terraform", "*_override.tf", "bootstrap")
    shutil.copytree(folder, root, ignore=ignored)
    variables = terraform.environment()
    run = ["terraform", f"-chdir={root}"]
    subprocess.run(
        [*run, "init", "-input=false", "-lockfile=readonly"],
        env=variables,
        check=True,
        capture_output=True,
    )

    done = subprocess.run(
        [*run, "validate", "-json"], env=variables, check=False, capture_output=True, text=True
    )

    said = json.loads(done.stdout)
    assert said["valid"], said
    assert said["diagnostics"] == []
