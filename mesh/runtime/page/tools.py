"""The tools, as a person reads them: what each does, what it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from mcp_types import Tool

from mesh.runtime.page.markup import content, paragraphs, sentence

type Schema = dict[str, Any]

# Constraints of JSON Schema, in words. https://json-schema.org/draft/2020-12/json-schema-validation
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "maxLength": "at most {} characters",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "pattern": "matches {}",
    "format": "{}",
}


def type_name(schema: Schema) -> str:
    """What a value may be, in a few words."""
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        # null is what leaving it out does; the word "optional" says so already.
        names = [type_name(choice) for choice in choices if choice.get("type") != "null"]
        return " or ".join(dict.fromkeys(names))
    if schema.get("type") == "array":
        return f"list of {type_name(schema.get('items') or {})}"
    return str(schema.get("type", "anything"))


def limits(schema: Schema) -> Iterator[str]:
    """The value's constraints, in words."""
    for name, words in LIMITS.items():
        if name in schema:
            yield words.format(schema[name])
    for choice in [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        yield from limits(choice)


def parameter(name: str, schema: Schema, *, required: bool) -> str:
    """One parameter: its name, type, whether it must be given, what it means."""
    facts = [f"<span>{content(type_name(schema))}</span>"]
    if required:
        facts.append('<strong class="required">required</strong>')
    elif schema.get("default") is not None:
        facts.append(f"default <code>{content(json.dumps(schema['default']))}</code>")
    else:
        facts.append("optional")
    facts += [content(words) for words in limits(schema)]
    means = schema.get("description")
    return (
        f"<dt><code>{content(name)}</code></dt><dd><p class='facts'>{' · '.join(facts)}</p>"
        f"{f'<p>{sentence(means)}</p>' if means else ''}</dd>"
    )


def lines(schema: Schema) -> str:
    """A tool's schema as JSON, each parameter on a line of its own.

    Without descriptions, which stand above it: they would make the page a tenth longer.
    """
    members = []
    for name, value in schema.items():
        written = json.dumps(value, ensure_ascii=False)
        if name == "properties" and value:
            each = (
                f"  {json.dumps(one)}: {json.dumps(_bare(of_it), ensure_ascii=False)}"
                for one, of_it in value.items()
            )
            written = "{\n" + ",\n".join(each) + "\n }"
        members.append(f" {json.dumps(name)}: {written}")
    return "{\n" + ",\n".join(members) + "\n}"


def _bare(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name != "description"}


def article(tool: Tool) -> str:
    """One tool, folded."""
    schema = tool.input_schema
    required = schema.get("required", [])
    parameters = "".join(
        parameter(name, of_it, required=name in required)
        for name, of_it in schema.get("properties", {}).items()
    )
    takes = f"<dl class='parameters'>{parameters}</dl>" if parameters else "<p>Takes nothing.</p>"
    title = tool.title or (tool.annotations and tool.annotations.title) or ""
    return (
        f'<details class="tool" id="tool-{escape(tool.name)}"><summary>'
        f"<code>{content(tool.name)}</code> <span>{content(title)}</span></summary>"
        f"<div class='inside'>{paragraphs(tool.description or '')}{takes}"
        f"<details class='raw'><summary>Input schema, as JSON, without descriptions</summary>"
        f'<pre tabindex="0"><code>{content(lines(schema))}</code></pre></details></div></details>'
    )


def section(tools: Sequence[Tool]) -> str:
    """All tools, those by which people know the server first: in the order they are listed."""
    return "".join(article(tool) for tool in tools)
