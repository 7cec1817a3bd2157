"""The one exception of this package that people see."""


class LocalSupabaseError(Exception):
    """Something about this machine; the text says what, and what to do."""
