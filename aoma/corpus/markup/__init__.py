"""Reads text with markup, and cuts it into sections and passages at its headings and blocks.

`outline` says what a reader finds in a text; `sections` and `parts` cut it. There is one module
for each markup language.
"""
