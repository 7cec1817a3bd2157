"""`mesh doctor`: the first questions of whoever is on call, asked of an address and of AWS.

Looks only: nothing here changes anything, and no value of a parameter is read.
"""
