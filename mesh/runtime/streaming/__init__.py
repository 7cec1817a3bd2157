"""The Lambda runtime of streamed answers, in place of AWS's own, which cannot stream Python's.

`main` asks for invocations; the fast path or FastMCP answers each, through one `response`.
"""
