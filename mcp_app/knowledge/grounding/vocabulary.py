"""Words that count, measure or only connect, in English and German."""

from __future__ import annotations

_MONTHS = """
    january february march april may june july august september october november december
"""
MONTHS = tuple(_MONTHS.split())

# Units of time, by how they begin.
UNITS = {
    "second": ("second", "sekund"),
    "minute": ("minute",),
    "hour": ("hour", "stunde"),
    "day": ("day", "tag"),
    "week": ("week", "woche"),
    "month": ("month", "monat"),
    "year": ("year", "jahr"),
}

# What a label may add to the words of a passage.
_GRAMMAR = """
    a an and are as at be been being by can do does for from has have how if in into is it its of on
    or so that the their them then there these they this those to was were what when where which who
    why will with would following here happens below steps thing things
    der die das den dem des ein eine einer eines und oder ist sind wird werden wie was wann wo wer
    zu zum zur von vom mit für bei auf aus nach im in
"""
GRAMMAR = frozenset(_GRAMMAR.split())

# By which German and English are told apart.
_GERMAN = """
    der die das den dem des ein eine einen einer und oder ist sind wird werden nicht bei auf aus
    nach im zu zum zur von vom mit für sie er es jede jeder liegt bleiben bleibt dauert
"""
GERMAN = frozenset(_GERMAN.split())
_ENGLISH = "the is are of and to was by at it for in an that with not from"
ENGLISH = frozenset(_ENGLISH.split())

_ENGLISH_NUMBERS = """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
    thousand million
"""
_GERMAN_NUMBERS = """
    zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn
    fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreißig vierzig fünfzig
    sechzig siebzig achtzig neunzig hundert tausend million
"""
_VALUES = (*range(2, 21), *range(30, 100, 10), 100, 1000, 1_000_000)
NUMBER_WORDS = {
    word: str(value)
    for words in (_ENGLISH_NUMBERS, _GERMAN_NUMBERS)
    for word, value in zip(words.split(), _VALUES, strict=True)
}
