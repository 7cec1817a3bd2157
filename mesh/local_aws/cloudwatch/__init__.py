"""CloudWatch's part of local AWS: log lines, metrics and the last requests of functions.

Anything that writes or limits what CloudWatch keeps belongs here. What MiniStack's CloudWatch does
differently from AWS is corrected in `ministack`.
"""
