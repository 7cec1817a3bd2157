"""The language of a code file: by its name, its extension or its first line."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_BY_EXTENSION = {
    language: extensions.split()
    for language, extensions in {
        "Python": "py pyi pyw",
        "JavaScript": "js mjs cjs jsx",
        "TypeScript": "ts mts cts tsx",
        "HCL": "tf hcl tfvars",
        "Java": "java",
        "Kotlin": "kt kts",
        "Scala": "scala sc",
        "Groovy": "groovy gradle",
        "C": "c h",
        "C++": "cc cpp cxx hh hpp hxx",
        "C#": "cs",
        "Objective-C": "m mm",
        "Swift": "swift",
        "Go": "go",
        "Rust": "rs",
        "Ruby": "rb rake gemspec",
        "PHP": "php",
        "Perl": "pl pm",
        "Lua": "lua",
        "R": "r",
        "Julia": "jl",
        "Dart": "dart",
        "Elixir": "ex exs",
        "Erlang": "erl hrl",
        "Haskell": "hs",
        "Clojure": "clj cljs cljc edn",
        "Shell": "sh bash zsh ksh",
        "PowerShell": "ps1 psm1",
        "Batch": "bat cmd",
        "SQL": "sql",
        "HTML": "html htm",
        "CSS": "css",
        "SCSS": "scss sass",
        "Less": "less",
        "Vue": "vue",
        "Svelte": "svelte",
        "Astro": "astro",
        "JSON": "json jsonl json5 jsonc",
        "YAML": "yml yaml",
        "TOML": "toml",
        "INI": "ini cfg conf properties",
        "XML": "xml xsd xsl",
        "CSV": "csv tsv",
        "GraphQL": "graphql gql",
        "Protocol Buffers": "proto",
        "Jinja": "j2 jinja jinja2",
        "Jupyter Notebook": "ipynb",
        "Markdown": "md markdown mdx",
        "reStructuredText": "rst",
        "Text": "txt",
        "Nix": "nix",
        "Zig": "zig",
        "Solidity": "sol",
        "Visual Basic": "vb vbs",
        "COBOL": "cbl cob",
    }.items()
}
_LANGUAGES = {
    extension: language for language, known in _BY_EXTENSION.items() for extension in known
}
_BY_NAME = {
    "dockerfile": "Dockerfile",
    "containerfile": "Dockerfile",
    "makefile": "Makefile",
    "gnumakefile": "Makefile",
    "cmakelists.txt": "CMake",
    "jenkinsfile": "Groovy",
    "gemfile": "Ruby",
    "rakefile": "Ruby",
    ".bashrc": "Shell",
    ".editorconfig": "INI",
}
_SHEBANG = re.compile(r"^#!\s*\S*/(?:env\s+(?:-S\s+)?)?(?P<program>[a-z]+)")
_BY_PROGRAM = {
    "python": "Python",
    "node": "JavaScript",
    "sh": "Shell",
    "bash": "Shell",
    "zsh": "Shell",
    "ruby": "Ruby",
    "perl": "Perl",
    "php": "PHP",
}


def language_of(path: str, text: str) -> str | None:
    """The language's usual name, or None when nothing tells."""
    name = PurePosixPath(path)
    known = _BY_NAME.get(name.name.lower()) or _LANGUAGES.get(name.suffix.lower().lstrip("."))
    if known:
        return known
    shebang = _SHEBANG.match(text)
    return _BY_PROGRAM.get(shebang["program"]) if shebang else None
