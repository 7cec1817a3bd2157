"""A lost state, made again from AWS and the settings: nothing is changed.

Terraform imports what the settings ask for and AWS has. Parameters are not imported: the provider
would read their values into the state, and then write a placeholder over them. Nor can the wait
for a certificate be, or the mail address for alarms. What a state says of one is written here
instead, as the provider writes it.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from mesh.deploy.plan_guard import read_plan
from mesh.deploy.plan_guard.plan import Plan
from mesh.deploy.release.root import UNATTENDED, Pins, Root
from mesh.deploy.release.root_copy import copied, override, state_file
from mesh.deploy.state.import_ids import Place, import_id
from mesh.deploy.state.written import WRITTEN
from mesh.failure import CommandFailedError
from mesh.stack.stack import write_private
from mesh.stack.terraform_run import LOCK_TIMEOUT, TerraformFailedError, essence

if TYPE_CHECKING:
    from mesh.deploy.release.target import Target
    from mesh.progress import Steps

STEPS = 5
IMPORTS = "imports.tf.json"
FUNCTION = "aws_lambda_function"
# Terraform names what it could not find, as a string of Go's.
NOT_THERE = re.compile(
    r'Cannot import non-existent remote object.*?object to\s+("(?:[^"\\]|\\.)*")', re.DOTALL
)
BORDER = re.compile(r"^│ ?", re.MULTILINE)
PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


@dataclass(frozen=True)
class Recovered:
    """What came of it.

    Attributes:
        taken: addresses that the state has again.
        missing: addresses that the settings ask for, and AWS does not have or Terraform cannot
            take over; the next release makes them.
        changes: addresses that a plan would change now, `missing` included.
        live: version that live leads to.
        newest: the newest version.
    """

    taken: tuple[str, ...]
    missing: tuple[str, ...]
    changes: tuple[str, ...]
    live: str
    newest: str


def recover(target: Target, steps: Steps) -> Recovered:
    """Add to the state of a deployment what it lacks and AWS has.

    Raises:
        CommandFailedError: there is nothing to recover, or no way to.
    """
    with tempfile.TemporaryDirectory(prefix="mesh-recover-") as folder:
        return _Recovery(target, steps, Path(folder)).run()


@dataclass
class _Recovery:
    target: Target
    steps: Steps
    folder: Path
    root: Root = field(init=False)
    state: Path = field(init=False)

    def run(self) -> Recovered:
        with self.steps.step("what the settings ask for") as step:
            self.state = self.folder / "terraform.tfstate"
            self._pull()
            whole = self.target.root
            self.root = whole.at(copied(whole.files, self.folder, self.state))
            plan, modules = self._planned(Pins(None))
            wanted = [change for change in plan.changes if change.actions == ["create"]]
            function = next((one.after for one in wanted if one.type == FUNCTION), None)
            if not wanted:
                raise CommandFailedError(
                    f"the state of {self.target.where} lacks nothing that the settings ask for."
                )
            step.detail = f"({len(wanted)} resources that the state lacks)"
        with self.steps.step("what AWS has") as step:
            name = function["function_name"] if function else self._function()
            place = self._place(name, plan)
            self._write(plan, place)
            ids = self._ids(plan, place)
            step.detail = f"(version {place.live} is live)"
        with self.steps.step("import") as step:
            override(self.root.folder, modules.values(), ignore_changes="all")
            pins = Pins.at(place.live)
            self._import(ids, pins)
            self._complete(plan)
            step.detail = f"({len(ids)} resources)"
        with self.steps.step("put the state where it belongs"):
            self._push()
            self.target.changed(self.target.root.record(pins))
        with self.steps.step("plan") as step:
            changes = self._remaining(pins)
            step.detail = f"({len(changes)} to change)" if changes else "(no changes)"
        there = self._addresses()
        return Recovered(
            taken=tuple(change.address for change in wanted if change.address in there),
            missing=tuple(change.address for change in wanted if change.address not in there),
            changes=changes,
            live=place.live,
            newest=str(self.target.root.outputs().get("candidate_version")),
        )

    def _pull(self) -> None:
        """Begin with what the state still has."""
        kept = state_file(self.target.root.files)
        if kept is not None:
            text = kept.read_text() if kept.is_file() else ""
        else:
            text = self._asked(self.target.root, "state", "pull")
        if text.strip():
            write_private(self.state, text)

    def _planned(self, pins: Pins) -> tuple[Plan, dict[str, tuple[str, str, str]]]:
        """Plan, and say of each managed resource which folder, type and name it has."""
        file = self.folder / "all.tfplan"
        self.root.save(file, pins)
        shown = json.loads(self._asked(self.root, "show", "-json", str(file)))
        plan = read_plan(file, root=self.root.folder, variables=self.root.variables)
        return plan, dict(_declared(shown["configuration"]["root_module"], "", "."))

    def _function(self) -> str:
        """The function's name in a state that still has it."""
        for resource in json.loads(self.state.read_text())["resources"]:
            if resource["mode"] == "managed" and resource["type"] == FUNCTION:
                return str(resource["instances"][0]["attributes"]["function_name"])
        raise CommandFailedError("neither the plan nor the state has a function.")

    def _place(self, function: str, plan: Plan) -> Place:
        functions = self.target.client("lambda")
        try:
            arn = functions.get_function_configuration(FunctionName=function)["FunctionArn"]
        except (BotoCoreError, ClientError) as error:
            raise CommandFailedError(
                f"AWS does not have the function {function}: {error}\n"
                "Check the account, the region, the name and the environment. Without a function "
                "there is nothing to recover."
            ) from error
        _, partition, _, region, account = arn.split(":")[:5]
        live = self.target.aws.alias(function, "live").version
        domain = plan.variables.get("domain_name")
        return Place(self.target.client, partition, region, account, function, live, domain)

    def _write(self, plan: Plan, place: Place) -> None:
        """Write into the state what it has to say of what Terraform is not to import."""
        content = json.loads(self.state.read_text()) if self.state.is_file() else _empty()
        for change in plan.changes:
            if change.actions != ["create"] or change.type not in WRITTEN:
                continue
            made = WRITTEN[change.type](change, place)
            if made is None:
                continue
            module, key = _parts(change.address)
            resource = _resource(content, module, change)
            resource["instances"].append(({} if key is None else {"index_key": key}) | made)
        content["serial"] += 1
        write_private(self.state, json.dumps(content, indent=2))

    def _ids(self, plan: Plan, place: Place) -> dict[str, str]:
        ids = {}
        for change in plan.changes:
            if change.actions != ["create"] or change.type in WRITTEN:
                continue
            try:
                found = import_id(change.type, change.after, place)
            except (BotoCoreError, ClientError, KeyError):
                # Not there, or not known before it is made.
                found = None
            if found is not None:
                ids[change.address] = found
        return ids

    def _import(self, ids: dict[str, str], pins: Pins) -> None:
        """Import, without what Terraform does not find in AWS.

        Raises:
            CommandFailedError: the plan would change something.
        """
        file = self.folder / "imports.tfplan"
        while True:
            blocks = [{"to": address, "id": found} for address, found in ids.items()]
            (self.root.folder / IMPORTS).write_text(json.dumps({"import": blocks}, indent=2))
            targets = [f"-target={address}" for address in ids]
            try:
                self.root.run(
                    "plan",
                    *UNATTENDED,
                    *self.root.arguments,
                    *pins.arguments,
                    *targets,
                    f"-out={file}",
                )
                break
            except TerraformFailedError as error:
                text = BORDER.sub("", error.output)
                absent = {json.loads(found) for found in NOT_THERE.findall(text)} & {*ids}
                if not absent:
                    raise
                for address in absent:
                    del ids[address]
        plan = read_plan(file, root=self.root.folder, variables=self.root.variables)
        if plan.effects:
            raise CommandFailedError(
                "importing would make or change something, so nothing was done: "
                + ", ".join(change.address for change in plan.effects)
                + ". Use the settings of the last release."
            )
        self.root.run("apply", *UNATTENDED, f"-state={self.state}", "-backup=-", str(file))

    def _complete(self, plan: Plan) -> None:
        """Write into the state what AWS does not know: how Terraform is to treat a resource.

        What AWS does know and is null here for another reason is read again with the next
        refresh.
        """
        planned = {change.address: change.after for change in plan.changes}
        content = json.loads(self.state.read_text())
        for address, attributes in _instances(content):
            for name, value in planned.get(address, {}).items():
                if attributes.get(name, value) is None:
                    attributes[name] = value
            # The zip that is deployed, not the one that lies here.
            if "source_code_hash" in attributes:
                attributes["source_code_hash"] = attributes["code_sha256"]
        content["serial"] += 1
        write_private(self.state, json.dumps(content, indent=2))

    def _push(self) -> None:
        kept = state_file(self.target.root.files)
        if kept is not None:
            write_private(kept, self.state.read_text())
        else:
            self.target.root.run("state", "push", LOCK_TIMEOUT, str(self.state))

    def _remaining(self, pins: Pins) -> tuple[str, ...]:
        file = self.folder / "rest.tfplan"
        root = self.target.root
        root.save(file, pins)
        plan = read_plan(file, root=root.folder, variables=root.variables)
        return tuple(change.address for change in plan.effects)

    def _addresses(self) -> set[str]:
        return {address for address, _ in _instances(json.loads(self.state.read_text()))}

    def _asked(self, root: Root, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", f"-chdir={root.folder}", *arguments],
            env=dict(root.variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CommandFailedError(
                f"terraform {' '.join(arguments[:2])} failed:\n{essence(done.stderr)}"
            )
        return done.stdout


def _declared(
    module: Mapping[str, Any], path: str, folder: str
) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Give each managed resource of a configuration: its folder, type and name."""
    for resource in module.get("resources", ()):
        if resource["mode"] == "managed":
            yield f"{path}{resource['address']}", (folder, resource["type"], resource["name"])
    for name, call in module.get("module_calls", {}).items():
        source = f"{folder}/{call['source']}"
        yield from _declared(call["module"], f"{path}module.{name}.", source)


def _empty() -> dict[str, Any]:
    return {"version": 4, "serial": 0, "lineage": str(uuid4()), "outputs": {}, "resources": []}


def _parts(address: str) -> tuple[str, str | int | None]:
    """Give the module of an address, and its key in a for_each, or its number in a count."""
    path, _, last = address.partition(".aws_")
    key = last.partition("[")[2].rstrip("]")
    return path if path.startswith("module.") else "", json.loads(key) if key else None


def _resource(content: dict[str, Any], module: str, change: Any) -> dict[str, Any]:
    """The entry of a resource in a state; a new one where there is none."""
    name = change.address.rpartition(f"{change.type}.")[2].partition("[")[0]
    wanted = {"module": module, "mode": "managed", "type": change.type, "name": name}
    for resource in content["resources"]:
        if {**resource, **wanted} == resource:
            found: dict[str, Any] = resource
            return found
    made: dict[str, Any] = wanted | {"provider": PROVIDER, "instances": []}
    content["resources"].append(made)
    return made


def _instances(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each managed resource's address and attributes."""
    for resource in content["resources"]:
        if resource["mode"] != "managed":
            continue
        path = ".".join(filter(None, (resource.get("module"), resource["type"], resource["name"])))
        for one in resource["instances"]:
            key = one.get("index_key")
            yield path if key is None else f"{path}[{json.dumps(key)}]", one["attributes"]
