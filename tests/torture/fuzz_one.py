"""One reader under atheris, in a process of its own: `fuzzing` starts it, libFuzzer ends it.

Its arguments: the reader, the folder of the servers, the folder for what fails, the seed, and
libFuzzer's own. Each fault is a line of JSON on standard output.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import atheris

# Only what is imported within is measured. What the server does at its first request counts too.
with atheris.instrument_imports(include=["mcp_app", "aoma.corpus"]):
    from tests.torture import parsers
    from tests.torture.faults import Fault
    from tests.torture.servers import Servers
    from tests.torture.trial import Trial
    from tests.torture.worker import Worker


def main(parser: str, scratch: str, folder: str, seed: str, *options: str) -> None:
    """Fuzz until libFuzzer's limits are reached; does not return."""
    seen: set[Fault] = set()
    trial = Trial(Servers(Path(scratch)))
    worker = Worker(trial, seed, Path(folder))

    def test(data: bytes) -> None:
        given, faults = parsers.try_parser(trial, parser, data)
        for fault in faults:
            if fault in seen:
                continue
            seen.add(fault)
            if given is not None:
                file, _ = worker.save(given, fault)
                how = f"--repeat {file}"
            else:
                file = Path(folder) / f"{parser}-{hashlib.sha256(data).hexdigest()[:8]}"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                how = f"--parser {parser} --repeat {file}"
            told = json.dumps({"fault": f"{fault.kind}: {fault.where}", "how": how})
            sys.stdout.write(f"{told}\n")
            sys.stdout.flush()

    def mutate(data: bytes, longest: int, number: int) -> bytes:
        made = parsers.mutated(parser, data, number)
        return (atheris.Mutate(data, longest) if made is None else made)[:longest]

    corpus = Path(scratch) / f"corpus-{parser}"
    corpus.mkdir()
    for number, sample in enumerate(parsers.samples(parser)):
        (corpus / str(number)).write_bytes(sample)
    atheris.Setup([sys.argv[0], *options, str(corpus)], test, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
