"""Reads documents of each format at build time; `kinds` says which file is read how.

What is not text with markup becomes Markdown first, so that headings, tables and code are cut
by one rule.
"""
