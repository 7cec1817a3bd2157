"""What goes wrong in a way that a person can mend."""


class LocalAwsError(Exception):
    """Local AWS cannot do what was asked; the message is one line that says what to do."""
