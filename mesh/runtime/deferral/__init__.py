"""FastMCP and Pydantic put off while an author's modules are imported.

An author's module imports FastMCP for its decorators and Pydantic for its annotations, which
costs a cold start more than everything else. Until somebody needs the real packages, such a
module gets recorders in the place of their names: a recorder writes down what is done with it
and is resolved later, on the real package, in the same order and in the same process. The
module itself is imported once, unchanged.

A recorder that is used in a way that cannot be written down, or by a running tool, is resolved
in that moment. So a recorder is never wrong; at worst, it costs what the real import costs.

- `recorder`: the recorder, and the operations that it writes down.
- `importing`: hands recorders to authors' modules, and to nobody else.
- `binding`: puts real objects in the places where recorders are kept.
- `fingerprint`: says whether two recordings are the same.
"""
