"""A cold search imports no more of Snowball than it needs."""

from __future__ import annotations

import subprocess
import sys

from mesh.build.environment import ROOT


def test_only_the_stemmer_of_the_language_is_imported():
    program = (
        "import sys\n"
        "from mcp_app.knowledge.embedded.language.languages import stemmed\n"
        "stemmed('run', 'english')\n"
        "print([name for name in sys.modules if 'snowball' in name])\n"
        "print(stemmed('Bestellungen', 'german'))\n"
        "print(*[name for name in sys.modules if name.endswith('_stemmer')])\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split("\n")[:3] == ["[]", "bestell", "_snowball.german_stemmer"]
