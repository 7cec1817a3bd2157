"""docs/how-to/runbook.md has a page for every alarm, and what it names is there."""

from __future__ import annotations

import re

from mesh.build.environment import ROOT

RUNBOOK = (ROOT / "docs" / "how-to" / "runbook.md").read_text()
MODULE = ROOT / "terraform" / "modules" / "monitoring"
ALARMS = (MODULE / "alarms.tf").read_text()
PARTS = ("**What it means.**", "**What to look at.**", "**What to do.**")


def alarms() -> set[str]:
    """Give the last part of each alarm's name."""
    in_map = re.search(r"^  rates = {\n(.*?)^  }", ALARMS, re.DOTALL | re.MULTILINE)
    assert in_map is not None
    named = re.findall(r'alarm_name\s+= "\$\{var\.function_name\}-([a-z0-9-]+)"', ALARMS)
    return {*re.findall(r"^    ([\w-]+) = {$", in_map[1], re.MULTILINE), *named}


def sections() -> dict[str, str]:
    """Give each section's text by its heading."""
    return dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.DOTALL | re.MULTILINE))


def test_every_alarm_has_a_section_that_says_what_it_means_and_what_to_do() -> None:
    found = sections()

    assert len(alarms()) == 9
    missing = {
        name: [part for part in PARTS if part not in found.get(name, "")] for name in alarms()
    }
    assert {name: parts for name, parts in missing.items() if parts} == {}


def test_no_section_is_about_an_alarm_that_does_not_exist() -> None:
    about_alarms = {name for name, text in sections().items() if PARTS[0] in text}

    assert about_alarms == alarms()


def test_every_alarm_s_description_leads_to_its_section() -> None:
    pages = re.findall(r"alarm_description = .*docs/how-to/runbook\.md#([\w$.{}-]+)\"", ALARMS)

    assert sorted(pages) == ["${each.value.page}", "duration", "no-traffic", "unhealthy"]


def test_the_queries_and_variables_that_it_names_exist() -> None:
    queries = set(
        re.findall(r"^    ([\w-]+) += <<", (MODULE / "queries.tf").read_text(), re.MULTILINE)
    )
    variables = "\n".join(file.read_text() for file in (ROOT / "terraform").glob("*.tf"))

    asked = set(re.findall(r"quer(?:y|ies)\s+`([\w-]+)`", RUNBOOK))
    told = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", RUNBOOK)) - {"request_id"}

    assert asked
    assert asked <= queries
    assert {name for name in told if f'variable "{name}"' not in variables} == set()
