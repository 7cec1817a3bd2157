"""A log line for each request, and metrics. No arguments and no results."""
