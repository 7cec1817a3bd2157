"""Keeps an artifact: the files, below the folder that all of them share."""

import os
import shutil
import sys
from pathlib import Path

target = Path(os.environ["REHEARSAL_RUN"], "artifacts", os.environ["INPUT_NAME"])
if target.exists():
    sys.exit(f"an artifact {target.name} is there already")
if os.environ["INPUT_MISSING"] != "error":
    sys.exit("if-no-files-found has to be error")
files = []
for pattern in os.environ["INPUT_PATH"].split():
    found = [path for path in Path().glob(pattern) if path.is_file()]
    if not found:
        sys.exit(f"no file is called {pattern}")
    files += found
shared = Path(os.path.commonpath([path.parent for path in files]))
for path in files:
    place = target / path.relative_to(shared)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, place)
