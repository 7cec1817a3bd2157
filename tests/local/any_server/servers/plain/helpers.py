def shout(t):
    return t.upper()
