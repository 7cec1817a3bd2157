"""Lambda instances of local AWS: processes in a sandbox, each with its own Runtime API.

An instance runs one version and serves one event at a time. Nothing here knows who asked; see
`invocations`.
"""
