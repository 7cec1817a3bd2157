"""`python -m benchmarks.grounding`: prints the tables of benchmarks/grounding/README.md."""

from __future__ import annotations

import time

from benchmarks.grounding.cases import ADVERSARIAL, HELD_OUT, HONEST, SEEN, cases, is_wrong

MEANING = {HONEST: "honest answers withheld", ADVERSARIAL: "others given"}


def main() -> None:
    """Print both error rates, and each case that the check gets wrong."""
    began = time.process_time()
    judged = {group: [(case, is_wrong(case)) for case in cases(group)] for group in MEANING}
    elapsed = time.process_time() - began
    print("| error | seen | held out | all | rate |")
    print("|---|---|---|---|---|")
    for group, meaning in MEANING.items():
        columns = []
        for halves in ({SEEN}, {HELD_OUT}, {SEEN, HELD_OUT}):
            some = [wrong for case, wrong in judged[group] if case.half in halves]
            columns.append(f"{sum(some)} of {len(some)}")
        rate = sum(wrong for _, wrong in judged[group]) / len(judged[group])
        print(f"| {meaning} | {' | '.join(columns)} | {rate:.1%} |")
    count = sum(map(len, judged.values()))
    print(f"\nOne answer takes {elapsed / count * 1000:.1f} ms of processor time.\n")
    for group, meaning in MEANING.items():
        for case, wrong in judged[group]:
            if wrong:
                print(f"- {meaning}, {case.half}: {case.kind}: {case.answer[:90]!r}")


main()
