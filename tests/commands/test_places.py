"""Places that nothing can be written to: each command that writes a file says so in a line, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.commands.export import FORMATS
from chainrule.model.arrays.archive import EXPERIMENT as ARCHIVED
from chainrule.model.files import file_format
from chainrule.model.files.storage import write_experiment
from tests.commands.running import failed
from tests.experiments import article

SCRIPT = "import torch\nfrom torch import nn\nmodel = nn.Linear(2, 1)\n"
# A name in place of each file, and of the folder that is written to.
EXPORTS = {
    f"export {format_.id}": [
        *("export", "KEPT", "--to", format_.id, *("--questions", "loss") * format_.is_task),
        *("-o", f"PLACE/out{format_.suffix}"),
    ]
    for format_ in FORMATS.values()
}
WRITERS = {
    **EXPORTS,
    "import of a table": ["import", "TABLE", "-o", "PLACE/out.chainrule"],
    "import of a script": ["import", "SCRIPT", "-o", "PLACE/out.chainrule"],
    "train": ["train", "KEPT", "--iterations", "1", "--save", "PLACE/out.chainrule"],
    "train, large": ["train", "LARGE", "--iterations", "1", "--save", "PLACE/out.chainrule"],
}
# Run in a namespace of its own, where a folder is a disk: what is said of a full one, and of one that is read-only.
DISKS = """
import subprocess, sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from chainrule.cli import main
from tests.commands.test_places import WRITERS, filled
disk, home = map(Path, sys.argv[1:])
outs = {name: Path(filled(words, home, disk)[-1]) for name, words in WRITERS.items()}
for out in outs.values():
    out.write_text("old")
def tell(kind):
    for name, words in WRITERS.items():
        with redirect_stderr(StringIO()) as said, redirect_stdout(StringIO()):
            status = main(filled(words, home, disk))
        last = said.getvalue().splitlines()[-1]
        kept = outs[name].read_text() == "old" and not list(disk.glob(".chainrule*"))
        words = last.removeprefix(f"chainrule: {outs[name]}: ")
        print(f"{kind}, {name}: {status}, {words}, {'kept' if kept else 'lost'}")
with open(disk / "filler", "wb", buffering=0) as filler:
    try:
        while filler.write(bytes(512)):
            pass
    except OSError:
        pass
tell("full")
(disk / "filler").unlink()
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
tell("read-only")
"""


def filled(words: list[str], home: Path, place: Path) -> list[str]:
    """A command's words, with the files of a home for the names of files, and a place for that of the place."""
    names = {"KEPT": "kept.chainrule", "LARGE": "large.chainrule", "TABLE": "table.csv", "SCRIPT": "script.py"}
    return [str(home / names[word]) if word in names else word.replace("PLACE", str(place)) for word in words]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is read by the commands."""
    folder = tmp_path / "home"
    folder.mkdir()
    write_experiment(article(), folder / "kept.chainrule")
    with monkeypatch.context() as patch:
        patch.setattr(file_format, "MOST_IN_JSON", 1)
        write_experiment(article(), folder / "large.chainrule")
    assert ARCHIVED.encode() in (folder / "large.chainrule").read_bytes()
    (folder / "table.csv").write_text("a,b,c\n1,2,0.5\n3,4,0.25\n5,7,0.75\n")
    (folder / "script.py").write_text(SCRIPT)
    return folder


@pytest.mark.parametrize("words", WRITERS.values(), ids=WRITERS)
def test_a_folder_in_its_place_and_one_that_is_gone_are_told(
    words: list[str], home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path(filled(words, home, tmp_path)[-1])
    out.mkdir()
    assert failed(capsys, *filled(words, home, tmp_path)) == f"{out}: this is a folder, not a file"
    assert list(out.iterdir()) == []
    gone = tmp_path / "gone"
    out = Path(filled(words, home, gone)[-1])
    assert failed(capsys, *filled(words, home, gone)) == f"{out}: cannot be written: no such folder"
    assert not gone.exists()


@pytest.mark.parametrize("words", WRITERS.values(), ids=WRITERS)
def test_a_link_stays_one_and_what_it_leads_to_is_written(
    words: list[str], home: Path, tmp_path: Path, qapp: object
) -> None:
    out, real = Path(filled(words, home, tmp_path)[-1]), tmp_path / "real"
    try:
        out.symlink_to(real)
    except OSError:
        pytest.skip("this system makes no links here")
    for old in (None, "old"):
        if old is not None:
            real.write_text(old)
        assert main(filled(words, home, tmp_path)) == 0
        assert out.is_symlink()
        assert real.read_bytes() not in (b"", b"old")


def test_full_and_read_only_disks_are_told_and_leave_the_old_file(home: Path, tmp_path: Path) -> None:
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("needs Linux and unshare")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=64k none "$1" || exit 77; exec "$2" -c "$3" "$1" "$4"'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "-", disk, sys.executable, DISKS, home]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=300, env={**os.environ})
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system lets nobody mount a file system here")
    assert done.returncode == 0, done.stderr
    told = {"full": "cannot be written: the disk is full", "read-only": "cannot be written: this disk is read-only"}
    assert done.stdout.splitlines() == [
        f"{kind}, {name}: 2, {words}, kept" for kind, words in told.items() for name in WRITERS
    ]
