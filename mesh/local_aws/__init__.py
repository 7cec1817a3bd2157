"""AWS on this machine: MiniStack as control plane, and Lambda's data plane of our own.

Runs the zip that production runs, under the real awslambdaric. Holds nothing that knows
this project's server: it takes any Python zip. `README.md` lists where it differs from AWS.
"""


class LocalAwsError(Exception):
    """Local AWS cannot do what was asked; the message is one line that says what to do."""
