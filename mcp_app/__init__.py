"""What runs on Lambda, and nothing else.

Data flows one way: event -> handler -> ASGI app -> tool -> knowledge -> backend.
Nothing here imports `ops`, `mesh.local_aws`, `benchmarks` or `tests`.
"""

__version__ = "1.0.0"
