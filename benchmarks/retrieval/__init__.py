"""How often a search finds the right document first, on questions judged by people.

`corpus` fetches public documentation, `questions` holds what is asked of it, `embedded` and
`supabase` are what is asked, `figures` counts, and `__main__` prints the table.
"""
