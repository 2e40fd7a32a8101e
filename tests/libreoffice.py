"""LibreOffice, where it is installed: it opens workbooks, works all their cells out, and writes what it found.

It starts slowly, and takes many files at once. Its profile is a folder of its own, which says that all that a file
keeps is worked out anew.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")
needs_libreoffice = pytest.mark.skipif(PROGRAM is None, reason="LibreOffice Calc is not installed: see CONTRIBUTING.md")
# With this variable of the environment all experiments are worked out, which takes minutes; `make soak` sets it.
ALL_SHEETS = "CHAINRULE_ALL_SHEETS"
# More of them in one run are not all written.
MOST_FILES = 40
TIMEOUT_S = 600
_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def recalculated(files: Iterable[Path], folder: Path) -> dict[str, Path]:
    """The files with every formula worked out anew, by their names; `folder` is empty."""
    assert PROGRAM is not None
    profile, out = folder / "profile", folder / "recalculated"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_ALWAYS)
    given = list(files)
    command = [PROGRAM, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
    for begin in range(0, len(given), MOST_FILES):
        several = map(str, given[begin : begin + MOST_FILES])
        subprocess.run([*command, "--outdir", str(out), *several], check=True, capture_output=True, timeout=TIMEOUT_S)
    return {file.name: out / file.name for file in given}
