"""`python -m mesh.local_aws --state DIR`: AWS on this machine, in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from mesh.local_aws import LocalAwsError
from mesh.local_aws.function_url.ports import (
    FunctionUrlPorts,
    PortRange,
    listen,
    listen_or_explain,
    listen_somewhere,
)
from mesh.local_aws.instances import managed_runtime
from mesh.local_aws.instances.leftovers import end_leftover_instances, remove_tree, watch
from mesh.local_aws.private_files import keep_private
from mesh.local_aws.process_identity import identity
from mesh.local_aws.state import ProcessRecord, StateFolder, read_record, take_lock, write_record

ACCOUNT_ID = "000000000000"


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m mesh.local_aws", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of its state")
    parser.add_argument(
        "--endpoint-port",
        type=int,
        default=4566,
        help="port of the AWS endpoint; 0: the last one, or any free one (default: 4566)",
    )
    parser.add_argument(
        "--url-ports",
        default="8787-8886",
        help="ports of Function URLs, 0 for any free one (default: 8787-8886)",
    )
    parser.add_argument(
        "--runtime",
        type=Path,
        default=managed_runtime.folder(),
        help="folder with the packages of Lambda's Python runtime",
    )
    parser.add_argument("--region", default="us-east-1", help="region of callers that name none")
    parser.add_argument(
        "--idle-seconds",
        type=float,
        default=600.0,
        help="how long an instance may be idle before it ends (default: 600)",
    )
    parser.add_argument(
        "--no-namespaces",
        action="store_true",
        help="do without mount namespaces, as on a machine that has none",
    )
    parser.add_argument(
        "--enforce-iam",
        action="store_true",
        help="refuse what IAM policies do not allow; the key `test` stays the account's root",
    )
    return parser.parse_args(arguments)


def configure_ministack(folder: StateFolder, *, port: int, region: str, enforce_iam: bool) -> None:
    """Set MiniStack's variables; it reads them when it is imported."""
    remove_tree(folder.temporary)
    for path in (folder.temporary, folder.ministack, folder.objects):
        path.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        {
            "AUTH": "true" if enforce_iam else "false",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "BIND_HOST": "127.0.0.1",
            # It would look for containers of its own and remove them: none of ours are there.
            "DOCKER_HOST": f"unix://{folder.temporary}/no-docker.sock",
            "GATEWAY_PORT": str(port),
            # Listeners on fixed ports that nobody here asked for.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": region,
            "PERSIST_STATE": "1",
            "S3_DATA_DIR": str(folder.objects),
            "S3_PERSIST": "1",
            "STATE_DIR": str(folder.ministack),
            "TMPDIR": str(folder.temporary),
        }
    )
    # A session token of the caller's own account would be demanded from every client.
    os.environ.pop("AWS_SESSION_TOKEN", None)


def serve(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        LocalAwsError: a port is taken, the state is in use, or a package is missing.
    """
    folder = StateFolder(options.state.absolute())
    allowed = PortRange.parse(options.url_ports)
    if not (options.runtime / "awslambdaric").is_dir():
        raise LocalAwsError(
            f"{options.runtime} holds no awslambdaric, which runs functions: run `make setup`, "
            "or name another folder with --runtime"
        )
    lock = take_lock(folder)
    try:
        end_leftover_instances(folder)
        watch(folder)
        last = read_record(folder)
        wanted = options.endpoint_port
        if wanted == 0:
            try:
                listener = listen(last.endpoint_port) if last else listen_somewhere()
            except OSError:
                listener = listen_somewhere()
        else:
            listener = listen_or_explain(
                wanted,
                purpose="wanted for the AWS endpoint",
                advice="free it, or choose another with --endpoint-port",
            )
        port = listener.getsockname()[1]
        configure_ministack(
            folder, port=port, region=options.region, enforce_iam=options.enforce_iam
        )
        # Only now: MiniStack reads its variables when it is imported.
        from mesh.local_aws.launch import run  # noqa: PLC0415 - see above

        def record(*, ready: bool) -> None:
            me = os.getpid()
            write_record(
                folder,
                ProcessRecord(me, identity(me) or "", port, options.region, ACCOUNT_ID, ready),
            )

        record(ready=False)
        asyncio.run(
            run(
                folder,
                listener=listener,
                ports=FunctionUrlPorts(folder.ports, allowed),
                runtime=options.runtime.absolute(),
                idle_seconds=options.idle_seconds,
                namespaces=not options.no_namespaces,
                on_ready=lambda: record(ready=True),
            )
        )
    finally:
        remove_tree(folder.temporary)
        lock.close()


def main() -> None:
    """Run; an error is one line and status 1."""
    options = parse_arguments(sys.argv[1:])
    keep_private()
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("mesh.local_aws").setLevel(logging.INFO)
    # The starter of a detached one may end before it does.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        serve(options)
    except LocalAwsError as error:
        sys.exit(f"local AWS: {error}")


if __name__ == "__main__":
    main()
