"""All questions about one address, in the order in which somebody on call asks them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from mesh.doctor import drift, metrics, settings
from mesh.doctor.address import Address
from mesh.doctor.function import Function, access, find
from mesh.doctor.metrics import Metrics
from mesh.doctor.report import Answer, NotAskedError, Report, State, asked, reason
from mesh.failure import CommandFailedError

# Those that AWS has to answer.
OF_AWS = ("aliases", "grants", "keys", "limits", "errors", "alarms", "drift")
COMMIT = 12


def examine(url: str, region: str | None = None) -> Report:
    """Ask everything about an address.

    Args:
        url: a Function URL, a domain in front of one, or an address of local AWS; what follows
            the host is left out.
        region: of the function, where the address does not say it.

    Raises:
        CommandFailedError: it is no address.
    """
    try:
        address = Address(url)
    except NotAskedError as error:
        raise CommandFailedError(str(error)) from error
    answers = [address.answers(), asked("certificate", address.certificate)]
    if address.health:
        answers.append(_server(address))
    try:
        function = find(address, access(address, region))
    except (NotAskedError, BotoCoreError, ClientError) as error:
        state, told = address.reads_keys()
        why = reason(error)
        unknown = [
            Answer("keys", state, (told,))
            if question == "keys" and address.health and state is not State.UNKNOWN
            else Answer(question, State.UNKNOWN, (why,))
            for question in OF_AWS
        ]
        return Report(address.root, (*answers, *unknown))
    if function.auth == "AWS_IAM" and not address.health:
        answers[0] = address.answers(function.access.sign)
        answers += [_server(address)] if address.health else []
    measured = Metrics(function)
    questions: dict[str, Callable[[], Answer]] = {
        "aliases": partial(settings.aliases, function, address.health),
        "grants": partial(settings.grants, function),
        "keys": partial(settings.keys, function, address),
        "limits": partial(settings.limits, function, measured),
        "errors": partial(metrics.errors, function, measured),
        "alarms": partial(metrics.alarms, function),
        "drift": partial(drift.unfrozen, function),
    }
    answers.append(_function(function))
    answers += [asked(question, questions[question]) for question in OF_AWS]
    return Report(address.root, tuple(answers))


def _server(address: Address) -> Answer:
    said = address.health
    commit = str(said.get("commit") or "unknown")[:COMMIT]
    name, environment, release, architecture = (
        said.get(key, "unknown") for key in ("name", "environment", "version", "architecture")
    )
    told = (
        f"{name} in {environment}, release {release}, commit "
        f"{commit}{' and changes' if said.get('dirty') else ''}, {architecture}"
    )
    return Answer("server", State.OK, (told,), {"health": said})


def _function(function: Function) -> Answer:
    told = f"{function.name}, alias {function.qualifier}, in {function.access.where}"
    details = {"name": function.name, "alias": function.qualifier, "url": function.url}
    return Answer("function", State.OK, (told,), details)
