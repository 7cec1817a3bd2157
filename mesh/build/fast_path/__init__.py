"""The fast path's part of a zip: frozen answers and schemas, verified against a plain import.

Each question runs in a process of its own, which imports the server once. What Lambda does with
the result is in `mesh.runtime.fast_path`.
"""
