"""A request before anything answers it: the event, its body, its limits, and the error answers.

Who may send it is decided in `mesh.runtime.access`, what answers it in `fast_path` and `http`.
"""
