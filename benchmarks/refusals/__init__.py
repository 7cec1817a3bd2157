"""What a refusal costs, and what a body costs that is accepted: `make bench-refusals`.

CPU time of the built zip's own handler, in a process of its own, for bodies of many shapes and
sizes, on every route, the fast way and the full one, with a domain and without.
"""
