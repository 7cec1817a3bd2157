"""A lost state is noticed before a release makes anything, and made again without a change."""

from __future__ import annotations

import json
from copy import replace
from pathlib import Path

import pytest

from mesh.cli.deployment.state import print_recovered
from mesh.deploy.release.root import GuardStoppedError, Pins
from mesh.deploy.release.root_copy import copied
from mesh.deploy.state.recovery import STEPS, recover
from mesh.progress import Steps
from mesh.stack.terraform_run import run
from tests.acceptance.deploy.conftest import Deployed

KEYS = '{"keys": {"tests": "a-hash-that-opens-the-server"}}'
PARAMETER = "/aoma-mesh/test/api-keys"
GROUP = "module.lambda.aws_cloudwatch_log_group.this"
ADDRESS = 'module.parameters.aws_ssm_parameter.this["api-keys"]'


def state_of(deployed: Deployed) -> Path:
    [argument] = deployed.target.root.arguments
    return Path(argument.removeprefix("-state="))


def test_a_lost_state_is_recovered_and_its_plan_is_empty(deployed: Deployed, capsys) -> None:
    parameters = deployed.client("ssm")
    parameters.put_parameter(Name=PARAMETER, Value=KEYS, Overwrite=True)
    before = deployed.target.root.outputs()
    state = state_of(deployed)
    state.unlink()

    # A release would make all again; it is stopped, and nothing allows it.
    with pytest.raises(GuardStoppedError) as stopped:
        deployed.given("module.lambda.aws_lambda_function.this").release()
    found = {one.address: str(one) for one in stopped.value.verdict.stops}
    assert "module.lambda.aws_lambda_function.this" in found
    assert "aoma-mesh-test exists in AWS" in found["module.lambda.aws_lambda_function.this"]
    assert "mesh state recover" in found[ADDRESS]

    recovered = recover(deployed.target, Steps(STEPS))

    print_recovered(recovered, "")
    assert "A plan with the same settings is empty." in capsys.readouterr().out
    assert recovered.missing == ()
    assert recovered.changes == ()
    assert deployed.changes() == ""
    assert deployed.target.root.outputs() == before
    # Neither read nor written.
    assert KEYS not in state.read_text()
    assert "a-hash" not in state.read_text()
    [kept] = parameters.get_parameter_history(Name=PARAMETER, WithDecryption=True)["Parameters"][
        -1:
    ]
    assert (kept["Value"], kept["Version"]) == (KEYS, 2)
    assert state.stat().st_mode & 0o077 == 0

    # A part of it is lost, and of that AWS has not all.
    dashboard, log = "module.monitoring.aws_cloudwatch_dashboard.this[0]", GROUP
    root = deployed.target.root
    run(
        ["state", "rm", *root.arguments, dashboard, log],
        root=root.folder,
        variables=root.variables,
        log=root.log,
    )
    deployed.client("cloudwatch").delete_dashboards(DashboardNames=[deployed.function])
    recovered = recover(deployed.target, Steps(STEPS))
    assert recovered.taken == (log,)
    assert recovered.missing == recovered.changes == (dashboard,)


def test_every_module_is_planned_in_one_folder_applied_in_another_and_recovered(
    new: Deployed, tmp_path: Path
) -> None:
    zone = new.client("route53").create_hosted_zone(Name="example.com", CallerReference="tests")
    deployed = new.given(
        domain_name="mesh.example.com",
        domain_zone_id=zone["HostedZone"]["Id"].rpartition("/")[2],
        secrets=["TOKEN"],
        tracing=True,
        alarm_email="ops@example.com",
        budget_usd=5,
        allowed_origins=["https://app.example.com"],
        alarm_no_traffic_minutes=60,
    )
    root, plan = deployed.target.root, tmp_path / "all.tfplan"
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    planned = copied(root.files, first, state_of(deployed))
    root.at(planned).save(plan, Pins(None))
    first.rename(second)
    data = {"TF_DATA_DIR": str(second / "data")}
    moved = replace(planned, folder=second / "terraform", variables={**planned.variables, **data})
    root.at(moved).run("apply", "-no-color", *planned.arguments, str(plan))
    assert deployed.changes() == ""
    before = root.outputs()
    state_of(deployed).unlink()

    recovered = recover(deployed.target, Steps(STEPS))

    domain = "module.custom_domain[0]"
    assert f"{domain}.aws_cloudfront_distribution.this" in recovered.taken
    assert f"{domain}.aws_route53_record.validation" in recovered.taken
    assert f"{domain}.aws_acm_certificate_validation.this" in recovered.taken
    assert recovered.missing == recovered.changes == ()
    assert deployed.changes() == ""
    assert root.outputs() == before


def test_the_guard_names_what_terraform_refuses_or_would_write_over(deployed: Deployed) -> None:
    root = deployed.target.root
    function = "module.lambda.aws_lambda_function.this"

    def terraform(*arguments: str) -> None:
        run([*arguments], root=root.folder, variables=root.variables, log=root.log)

    # Terraform itself does not plan the loss of what carries the address, and gives no reason.
    terraform("taint", *root.arguments, function)
    with pytest.raises(GuardStoppedError) as stopped:
        deployed.release()
    found = {one.address: str(one) for one in stopped.value.verdict.stops}
    assert "replaced, because it is marked as tainted in the state" in found[function]
    terraform("untaint", *root.arguments, function)

    deployed.client("ssm").put_parameter(Name=PARAMETER, Value=KEYS, Overwrite=True)
    terraform("state", "rm", *root.arguments, ADDRESS)
    terraform("import", *root.arguments, ADDRESS, PARAMETER)

    with pytest.raises(GuardStoppedError) as stopped:
        deployed.given(ADDRESS).release()
    [said] = [str(one) for one in stopped.value.verdict.stops]
    assert said.startswith(f"{ADDRESS}: written anew, because value_wo_version changes")
    assert "mesh state recover" in said
    assert json.loads(KEYS)["keys"]["tests"] not in said
