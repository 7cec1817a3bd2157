"""How fast the server starts and answers, beside others, and what that costs on AWS.

    make bench

AWS's own runtime client runs each server's zip in a clean process on a read-only disk, as
Lambda does; everything is measured in rounds, each subject once in every round, so that what
else the machine does meets all of them. docs/explanation/performance.md has the method and
the figures.
"""
