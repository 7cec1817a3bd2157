"""Words of a text and of a query, in the index's language: terms, stems, stop words.

What the words are worth belongs to `rank`.
"""
