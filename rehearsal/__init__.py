"""Runs the workflow files of .github on this machine, against local AWS with IAM enforced.

`make rehearse` runs all scenarios, which are tests in tests/acceptance/rehearsal; `make test-all`
runs the common ones. act (https://nektosact.com) runs the files themselves, without Docker. What
only GitHub has is stood in for; README.md lists each stand-in with what it replaces, and what this
cannot show. Nothing here is used by a workflow on GitHub.
"""
