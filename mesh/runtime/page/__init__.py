"""The page at `/`, for a person in a browser. Imported when it is first asked for.

`document` puts it together, `tools` shows the tools, `markup` escapes; style.css and
script.js stand in the page itself, allowed by their digests in its policy.
"""
