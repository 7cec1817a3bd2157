"""What the servers of this package share: a loopback port, faults to order, recorded requests.

Nothing here knows Supabase or OpenAI.
"""
