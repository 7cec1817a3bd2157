"""Invocations of local AWS: who asked, which concurrency limit holds, and which instance serves.

The data plane connects Function URLs and the Invoke operation with instances. Starting and ending
an instance belongs in `instances`.
"""
