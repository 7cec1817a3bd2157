"""Lists mutants of modules, with Cosmic Ray's operators: `mutants.py SEED FILES...`.

It runs in an environment of its own, where Cosmic Ray is. One mutant is taken for each place and
kind of change: that `==` becomes `<` tells nothing new where it became `!=`.
https://cosmic-ray.readthedocs.io/en/latest/theory.html
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

# `|` stands between types nearly everywhere here, and annotations are not evaluated.
# Removing @dataclass or @staticmethod fails at the import, or changes nothing.
UNUSED = re.compile(
    r"core/(ReplaceBinaryOperator_BitOr_.*|RemoveDecorator|Variable.*|NoOp|.*no_op.*)"
)


def kind(operator: str) -> str:
    """The kind of change that an operator makes, such as ReplaceComparisonOperator."""
    return operator.removeprefix("core/").partition("_")[0]


def mutants(file: Path, choice: random.Random) -> Iterator[dict[str, Any]]:
    """One mutant for each place and kind: file, line, operator, and the changed source."""
    source = file.read_text()
    tree = get_ast(source)
    found: dict[tuple[Any, str], list[tuple[str, int]]] = {}
    for name in sorted(operator_names()):
        operator = get_operator(name)
        if UNUSED.fullmatch(name) or operator.arguments():
            continue
        places = (
            start for node in ast_nodes(tree) for start, _ in operator().mutation_positions(node)
        )
        for occurrence, start in enumerate(places):
            found.setdefault((start, kind(name)), []).append((name, occurrence))
    for (start, _), several in sorted(found.items()):
        name, occurrence = choice.choice(several)
        changed = None
        # It cannot replace an exception that is named with its module.
        with contextlib.suppress(AttributeError):
            changed = mutate_code(source.encode(), get_operator(name)(), occurrence)
        if changed is not None:
            changed = changed.decode() if isinstance(changed, bytes) else changed
            yield {"file": str(file), "line": start[0], "operator": name, "source": changed}


def main() -> None:
    """Print them, one JSON object a line."""
    choice = random.Random(sys.argv[1])
    for file in sys.argv[2:]:
        for mutant in mutants(Path(file), choice):
            print(json.dumps(mutant))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
