"""`mesh cost` on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mesh.cost.measured import Measured
    from mesh.cost.usage import Usage

POSITIVE = click.FloatRange(min=0, min_open=True)
NOT_NEGATIVE = click.FloatRange(min=0)
SHARE = click.FloatRange(min=0, max=1)
COUNT = click.IntRange(min=0)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("cost", short_help="Estimate a month's cost on Lambda and on Fargate.")
@click.option("--requests", type=NOT_NEGATIVE, help="Requests a month; 100,000 by default.")
@click.option("--duration-ms", type=POSITIVE, help="Billed for one request; 100 by default.")
@click.option("--cold-share", type=SHARE, help="Share that starts an instance; 0.01 by default.")
@click.option("--init-ms", type=NOT_NEGATIVE, help="Billed for a start; 500 by default.")
@click.option("--response-kb", type=NOT_NEGATIVE, help="Size of an answer; 4 by default.")
@click.option("--log-kb", type=NOT_NEGATIVE, help="Log of one request; 1 by default.")
@click.option("--memory-mb", type=click.IntRange(128, 10240), help="Memory; 512 by default.")
@click.option(
    "--architecture", type=click.Choice(["arm64", "x86_64"]), help="Lambda's, for the break-even."
)
@click.option("--snap-start", is_flag=True, help="Start from snapshots.")
@click.option(
    "--versions", type=click.IntRange(min=1), default=1, help="Versions that keep a snapshot."
)
@click.option("--provisioned", type=COUNT, default=0, help="Instances that are kept ready.")
@click.option("--domain", is_flag=True, help="A custom domain, with CloudFront, on Lambda.")
@click.option("--waf-rules", type=COUNT, help="Rules of a web ACL on that domain.")
@click.option(
    "--alarms",
    type=COUNT,
    default=25,
    show_default=True,
    help="Metrics that alarms read. 0: no alarms.",
)
@click.option(
    "--dashboards", type=COUNT, default=1, show_default=True, help="Dashboards in CloudWatch."
)
@click.option("--tools", type=COUNT, default=0, help="Tools with metrics of their own.")
@click.option("--task-vcpu", type=POSITIVE, default=0.5, show_default=True, help="Of a task.")
@click.option("--task-memory-gb", type=POSITIVE, default=1.0, show_default=True, help="Of a task.")
@click.option(
    "--task-architecture",
    type=click.Choice(["arm64", "x86_64"]),
    default="x86_64",
    show_default=True,
    help="Of a task.",
)
@click.option("--secrets", type=COUNT, default=0, help="Of Fargate, in Secrets Manager.")
@click.option("--free-tier", is_flag=True, help="Subtract what an account has free.")
@click.option("--environment", metavar="NAME", help="Traffic of this environment.")
@click.option("--function", "name", metavar="NAME", help="Traffic of this function.")
@click.option("--benchmark", type=FILE, metavar="FILE", help="Durations from `make bench`.")
@click.option("--subject", default="ours", metavar="NAME", help="Whose, in that file.")
@click.option("--region", metavar="NAME", help="Region; us-east-1 by default.")
@click.option("--prices", type=FILE, metavar="FILE", help="Prices; Mesh's own by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--plot", type=FILE, metavar="FILE", help="Draw a picture: .svg or .png.")
@click.option("--refresh", is_flag=True, help="Read AWS's price list, and write the prices.")
@click.option("--price-list", metavar="URL", help="Where that list is, instead of at AWS.")
def command(
    *,
    requests: float | None,
    duration_ms: float | None,
    cold_share: float | None,
    init_ms: float | None,
    response_kb: float | None,
    log_kb: float | None,
    memory_mb: int | None,
    architecture: str | None,
    snap_start: bool,
    versions: int,
    provisioned: int,
    domain: bool,
    waf_rules: int | None,
    alarms: int,
    dashboards: int,
    tools: int,
    task_vcpu: float,
    task_memory_gb: float,
    task_architecture: str,
    secrets: int,
    free_tier: bool,
    environment: str | None,
    name: str | None,
    benchmark: Path | None,
    subject: str,
    region: str | None,
    prices: Path | None,
    as_json: bool,
    plot: Path | None,
    refresh: bool,
    price_list: str | None,
) -> None:
    """Estimate what a server costs a month on Lambda and on Fargate.

    The traffic is what the options say. With --environment or --function it is
    read from CloudWatch (the last 30 days), with --benchmark durations are those
    of a benchmark. Options win over what was read.

    The table has Lambda with both architectures, and Fargate with one task, one
    or two behind a load balancer, and two in private subnets with NAT. It ends
    with the number of requests from which Fargate is cheaper.

    --refresh reads AWS's public price list into the file of prices, which the
    dashboard uses too. It needs no account.
    """
    if sum(source is not None for source in (environment, name, benchmark)) > 1:
        raise click.UsageError("Use only one of --environment, --function and --benchmark.")
    if waf_rules is not None and not domain:
        raise click.UsageError("--waf-rules needs --domain: a Function URL has no web ACL.")
    if snap_start and provisioned:
        raise click.UsageError("Lambda has either --snap-start or --provisioned.")
    from mesh.cost import prices as price_file
    from mesh.cost import table
    from mesh.cost.bill import OWN_METRICS, Beside
    from mesh.cost.comparison import Comparison
    from mesh.cost.fargate_bill import Service
    from mesh.cost.usage import Usage

    file = prices or price_file.FILE
    if refresh:
        _refresh(file, region or price_file.REGION, price_list)
        return
    found = _measured(
        Usage(), environment, name, benchmark, subject=subject, memory_mb=memory_mb, region=region
    )
    given = {
        "requests": requests,
        "duration_ms": duration_ms,
        "cold_share": cold_share,
        "init_ms": init_ms,
        "response_kb": response_kb,
        "log_kb": log_kb,
    }
    said = {key: value for key, value in given.items() if value is not None}
    comparison = Comparison(
        usage=replace(found.usage, **said),
        function=replace(
            found.function,
            architecture=architecture or found.function.architecture,
            memory_mb=memory_mb or found.function.memory_mb,
            snap_start=snap_start or found.function.snap_start,
            versions=versions,
            provisioned=provisioned,
            domain=domain,
            waf_rules=waf_rules,
        ),
        task=Service(
            vcpu=task_vcpu,
            memory_gb=task_memory_gb,
            architecture=task_architecture,
            secrets=secrets,
        ),
        beside=Beside(
            alarms=alarms,
            composite_alarms=int(alarms > 0),
            dashboards=dashboards,
            metrics=(OWN_METRICS if alarms else 0) + 2 * tools,
            free_tier=free_tier,
        ),
        prices=price_file.load(region or price_file.REGION, file),
    )
    for note in found.notes:
        click.echo(f"{note}.", err=True)
    click.echo(comparison.as_json() if as_json else table.text(comparison))
    if plot is not None:
        from mesh.cost.plot import draw

        draw(comparison, plot)
        click.echo(f"drew {plot}", err=True)


def _measured(
    usage: Usage,
    environment: str | None,
    name: str | None,
    benchmark: Path | None,
    *,
    subject: str,
    memory_mb: int | None,
    region: str | None,
) -> Measured:
    from mesh.cost import measured
    from mesh.cost.lambda_bill import Function

    if benchmark is not None:
        return measured.from_benchmark(benchmark, subject, memory_mb or 512, usage)
    if environment is None and name is None:
        return measured.Measured(usage, Function(), ())
    from mesh.stack import account, environments

    group = None
    if environment is not None:
        deployed = environments.find(environment, region)
        outputs = deployed.root.outputs()
        if "function_name" not in outputs:
            raise click.ClickException(f"environment {environment} is not deployed yet.")
        name, group = str(outputs["function_name"]), str(outputs["log_group_name"])
        region = deployed.region
    return measured.from_cloudwatch(account.find(region).client, str(name), group, usage)


def _refresh(file: Path, region: str, url: str | None) -> None:
    from mesh.cost import price_list

    changes = price_list.refresh(file, region, url or price_list.URL)
    for change in changes:
        if change.after is None:
            click.echo(f"{change.name}: not in the list, as before")
        elif change.after != change.before:
            before = "new" if change.before is None else f"{change.before:.12g}"
            click.echo(f"{change.name}: {before} -> {change.after:.12g}")
    read = sum(change.after is not None for change in changes)
    click.echo(f"{file}: {read} prices of {region} read from AWS's price list")
