"""FastMCP and Pydantic put off while an author's modules are imported.

An author's module imports FastMCP for its decorators and Pydantic for its annotations, which
costs a cold start more than everything else. Until somebody needs the real packages, such a
module gets recorders in the place of their names. A recorder writes down what the module does
with it. Later, in the same process and in the same order, that is done with the real package.
The module itself is imported once, unchanged.

A recorder that is used in a way that cannot be written down, or by a running tool, is resolved
in that moment. So a recorder is never wrong; at worst, it costs what the real import costs.

- `recorder`: the recorder, and the operations that it writes down.
- `imports`: hands recorders to authors' modules, and to nobody else.
- `replacement`: puts real objects in the places where recorders are kept.
- `fingerprint`: says whether two recordings are the same.
- `process`: the deferral of this process.
"""
