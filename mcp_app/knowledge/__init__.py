"""What the server knows, and how it is asked.

Tools ask a `Backend`; `answer` makes evidence with citations of what it finds, or none. The
embedded backend is standard library only. Results are records.
"""
