"""AsciiDoc: sections, and what is none."""

from __future__ import annotations

from aoma.corpus.markup.asciidoc import asciidoc
from aoma.corpus.markup.sections import sections_of, title_of

TEXT = """\
= The *Title*
Ada Example
:toc:

Before.

[#install]
== Install `it` with link:a.adoc[the tool]

[source,sh]
----
== not a heading
----

[[deep-anchor]]
=== Deep

|===
|A |B

|1 |2
|===

////
== nor this
////

== End ==

Text
"""


def test_sections_have_the_way_to_them_and_their_anchors() -> None:
    outline = asciidoc(TEXT)
    assert title_of(outline) == "The Title"
    assert [(one.heading, one.slug) for one in sections_of(outline)] == [
        ((), "the-title"),
        (("Install it with the tool",), "install"),
        (("Install it with the tool", "Deep"), "deep-anchor"),
        (("End",), "end"),
    ]


def test_every_part_of_a_long_table_has_its_header() -> None:
    rows = "\n".join(f"|row {number} |{'word ' * 20}" for number in range(60))
    found = sections_of(asciidoc(f"== A\n\n|===\n|Name |Meaning\n{rows}\n|===\n"))
    assert len(found) > 2
    assert all("|===\n|Name |Meaning" in one.body for one in found)
