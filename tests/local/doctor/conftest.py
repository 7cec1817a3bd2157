"""A whole instance in this process, for the folders here; `tests.fixtures.instances` has it."""

from tests.fixtures.instances import index, new_instance, settings, start_instance
