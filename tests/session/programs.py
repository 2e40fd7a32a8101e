"""Programs that are run in a fresh interpreter, where nothing is loaded yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LONG_S = 120
# Warnings are errors, but for the one that pyproject.toml lets pass too.
WARNINGS = ("-W", "error", "-W", "ignore:path is deprecated:DeprecationWarning")


def result_of(program: str, *folders: Path) -> Any:
    """What a program leaves in `result`; it must end well and say nothing. `folders` are searched for modules first."""
    # An inherited sys.path finds the package whether it is installed or not.
    start = f"import json, sys\nsys.path[:] = {[*map(str, folders), *sys.path]!r}\n"
    done = subprocess.run(
        [sys.executable, *WARNINGS, "-c", start + program + "\nprint(json.dumps(result))"],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)
