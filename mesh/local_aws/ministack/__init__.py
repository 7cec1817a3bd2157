"""Corrections of MiniStack 1.5.33: operations that it lacks, or that differ from AWS.

Each correction has a test in `tests/local_aws` that fails once MiniStack does without it. What
local AWS does itself belongs in the other packages.
"""
