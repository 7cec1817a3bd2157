"""How fast the server starts and answers, beside others, and what that costs on AWS.

    make bench

AWS's own runtime client runs each server's zip in a clean process on a read-only disk, as
Lambda does. Each round measures every subject once, so other work on the machine meets all of
them. docs/explanation/performance.md has the method and
the figures.
"""
