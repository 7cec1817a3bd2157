"""What a refusal costs, and what a body costs that is accepted: `make bench-refusals`.

It measures the CPU time of the built zip's own handler in a process of its own. Bodies have many
shapes and sizes. Each goes to every route, on both ways, with a domain and without.
"""
