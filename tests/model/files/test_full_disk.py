"""A disk that is really full: a file system of 64 KiB in a namespace of its own, so that nobody needs to be root."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FULL = """
import sys
from dataclasses import replace
from pathlib import Path
from chainrule.catalog.arguments import SpecError
from chainrule.model.files.storage import read_experiment, write_experiment
from tests.experiments import article
folder = Path(sys.argv[1])
path = folder / "kept.chainrule"
write_experiment(article(), path)
with open(folder / "filler", "wb", buffering=0) as filler:
    try:
        while filler.write(bytes(512)):
            pass
    except OSError:
        pass
# As long as the block that the old file takes is not free, a file of any length is too long.
try:
    write_experiment(replace(article(), title="new"), path)
except SpecError as error:
    print(error)
print(read_experiment(path) == article(), sorted(other.name for other in folder.iterdir()))
(folder / "filler").unlink()
write_experiment(replace(article(), title="new"), path)
print(read_experiment(path).title)
"""


def test_a_full_disk_leaves_the_old_file_whole_and_nothing_else(tmp_path: Path) -> None:
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("needs Linux and unshare")
    mount = 'mount -t tmpfs -o size=64k none "$1" || exit 77; exec "$2" -c "$3" "$1"'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "-", str(tmp_path), sys.executable, FULL]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system lets nobody mount a file system here")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "kept.chainrule"
    assert done.stdout.splitlines() == [
        f"{path}: cannot be written: the disk is full",
        "True ['filler', 'kept.chainrule']",
        "new",
    ]
