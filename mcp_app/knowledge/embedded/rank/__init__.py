"""The order of an index's entries for a query, and how much of the query each covers.

Which of them are shown, and how, belongs to the index.
"""
