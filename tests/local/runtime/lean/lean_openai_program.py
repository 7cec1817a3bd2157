"""Run in a process of its own: what the first call to Supabase and OpenAI loads.

Prints one JSON object.
"""
# ruff: noqa: E402 - what is loaded is noted before anything else is

import importlib
import json
import pkgutil
import sys
from types import ModuleType

import mcp_app.knowledge.openai_api.service
import mcp_app.knowledge.supabase.client
import mcp_app.knowledge.supabase.services

LOADED = sorted(sys.modules)

import openai

from mesh.runtime.lean.facades import OPENAI

before = {
    package: {name: getattr(importlib.import_module(package), name) for name in names}
    for package, names in OPENAI.items()
}
different: list[str] = []
for package, names in before.items():
    facade = importlib.import_module(package)
    # A name that is nobody's runs the package itself.
    assert not hasattr(facade, "no_such_name")
    own = vars(facade)
    assert "__file__" in own
    different += [f"{package}.{name}" for name in names if own[name] is not names[name]]
    # A module's name means the module, as it does in the facade.
    different += [
        f"{package}.{found.name}"
        for found in pkgutil.iter_modules(facade.__path__)
        # `openai._client` is a private global of openai's besides, and nobody's import.
        if found.name != "_client" and not isinstance(own.get(found.name, facade), ModuleType)
    ]
result = {
    "loaded": LOADED,
    "packages": sorted(before),
    "different": different,
    "client": openai.OpenAI(api_key="none").models.__class__.__name__,
    "services": mcp_app.knowledge.supabase.services.Services.__name__,
}
sys.stdout.write(json.dumps(result) + "\n")
