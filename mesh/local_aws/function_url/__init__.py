"""Function URLs of local AWS: listeners, the events they make, and the responses they send.

A request enters here and leaves as an event of payload format 2.0. Which instance serves the event
is decided in `invocations`.
"""
