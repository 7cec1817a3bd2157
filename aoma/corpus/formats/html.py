"""HTML pages as Markdown: BeautifulSoup reads them, markdownify writes them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from markdownify import ATX, MarkdownConverter

from aoma.corpus.encodings import decoded, marked
from aoma.corpus.markup.markdown import markdown
from aoma.corpus.markup.outline import Outline, plain
from aoma.corpus.markup.sections import title_of

TOO_DEEP = "page whose tags are nested too deeply (read as plain text)"
# What a page says about itself and not about its subject.
_AROUND = ("script", "style", "template", "noscript", "nav", "iframe", "svg", "form")
_HIGHLIGHTER = "data-syntaxhighlighter-params"
_HEADINGS = re.compile("^h[1-6]$")
# What can stand in a passage's id.
_ID = re.compile(r"[^\s{}#~]+")
_LANGUAGE = re.compile(r"(?:^|\s)(?:highlight-|language-|lang-|brush:\s*)(?P<name>[\w+#-]+)")


class _Converter(MarkdownConverter):
    """Markdown for reading: nothing is escaped, and a fence is longer than any in its code."""

    def convert_pre(self, el: Tag, text: str, parent_tags: Any) -> str:  # noqa: ARG002 - theirs
        code = text.strip("\n")
        if not code.strip():
            return ""
        runs = re.findall(r"^\s*(`{3,})", code, re.MULTILINE)
        fence = "`" * max(3, *(len(run) + 1 for run in runs), 3)
        return f"\n\n{fence}{_language(el)}\n{code}\n{fence}\n\n"


def _language(code: Tag) -> str:
    """The language of code, by the classes that highlighters give it or what is around it."""
    inner = code.find("code")
    around = (code, *([inner] if isinstance(inner, Tag) else ()), *list(code.parents)[:2])
    for tag in around:
        # Confluence says it in an attribute of its highlighter.
        told = [*tag.get_attribute_list("class", []), _attribute(tag, _HIGHLIGHTER)]
        found = _LANGUAGE.search(" ".join(told))
        if found and found["name"] not in {"default", "none", "text"}:
            return found["name"]
    return ""


def _text(content: bytes) -> str:
    """A page's text, in the encoding that it declares or that its bytes show.

    Raises:
        ValueError: it is binary.
    """
    declared = EncodingDetector.find_declared_encoding(content, is_html=True)
    try:
        if declared and not marked(content):
            return content.decode(declared)
    except (LookupError, UnicodeDecodeError):
        pass  # it declares what it is not
    found = decoded(content)
    if found is None:
        raise ValueError("binary")
    return found.text


def parsed(content: bytes | str) -> BeautifulSoup:
    """The page's tree.

    Raises:
        ValueError: it is binary.
    """
    return BeautifulSoup(_text(content) if isinstance(content, bytes) else content, "lxml")


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value.strip() if isinstance(value, str) else ""


def _anchor(heading: Tag) -> str:
    """The anchor of a heading: its own, one inside it, or that of the section it begins."""
    inside = heading.find(lambda tag: bool(tag.get("id") or (tag.name == "a" and tag.get("name"))))
    known = [_attribute(heading, "id")]
    if isinstance(inside, Tag):
        known += [_attribute(inside, "id"), _attribute(inside, "name")]
    parent = heading.parent
    begins = heading.find_previous_sibling() is None
    if parent and parent.name in {"section", "div"} and begins:
        known.append(_attribute(parent, "id"))
    return next((one for one in known if _ID.fullmatch(one)), "")


def _mark_headings(content: Tag) -> None:
    """Write each heading's anchor behind it, as Markdown does, and drop its permalink."""
    for heading in content.find_all(_HEADINGS):
        anchor = _anchor(heading)
        for link in heading.find_all("a"):
            # Such as the ¶ behind headings of Sphinx.
            if _attribute(link, "href").startswith("#") and not re.search(r"\w", link.get_text()):
                link.decompose()
        if anchor and heading.get_text(strip=True):
            heading.append(f" {{#{anchor}}}")


def _simplify(content: Tag) -> None:
    """Drop what cannot be read: pictures, scripts, links that lead nowhere from here."""
    for tag in (*content.find_all(_AROUND), *content.find_all(role=["navigation", "search"])):
        if not tag.decomposed:
            tag.decompose()
    for picture in content.find_all("img"):
        picture.replace_with(_attribute(picture, "alt"))
    for link in content.find_all("a"):
        if not _attribute(link, "href").startswith(("https://", "http://")):
            link.unwrap()


def main_part(page: BeautifulSoup) -> Tag:
    """What the page is about: its main landmark, the only article, or all of its body.

    https://www.w3.org/TR/html-aam-1.0/#el-main
    """
    main = page.find("main") or page.find(role="main")
    if isinstance(main, Tag):
        return main
    articles = page.find_all("article")
    return articles[0] if len(articles) == 1 else page.body or page


def _canonical(page: BeautifulSoup) -> str | None:
    """The page's address on the web, where it names it."""
    link = page.find("link", rel="canonical")
    address = _attribute(link, "href") if isinstance(link, Tag) else ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.hostname else None


def converted(content: Tag) -> Outline:
    """The outline of a part of a page, as Markdown."""
    _mark_headings(content)
    _simplify(content)
    try:
        text = _Converter(
            heading_style=ATX,
            bullets="-",
            escape_asterisks=False,
            escape_underscores=False,
            escape_misc=False,
            table_infer_header=True,
        ).convert_soup(content)
    except RecursionError:
        return replace(plain(content.get_text("\n")), gaps=((TOO_DEEP, ""),))
    return markdown(text.strip("\n"))


def html_page(page: BeautifulSoup) -> Outline:
    """The outline of a page."""
    link = _canonical(page)
    title = " ".join(page.title.get_text().split()) if page.title else ""
    outline = converted(main_part(page))
    return replace(outline, title=title_of(outline) or title or None, link=link)
