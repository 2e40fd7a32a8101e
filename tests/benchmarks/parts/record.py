"""A run of the benchmarks as JSON, to be compared with another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.benchmarks.parts.machine import ROOT, Commit, Machine
from tests.benchmarks.parts.table import Row

FOLDER = ROOT / "benchmarks"
FORMAT = 1
# A load that is more than what is left of starting this.
BUSY = 0.5


@dataclass(frozen=True, slots=True)
class Record:
    """All rows of a run. `seconds` has what each group took, `failed` those that ended with an error.

    `load` is how many programs wanted to run in the minute before it began.
    """

    machine: Machine
    commit: Commit
    rows: tuple[Row, ...]
    seconds: dict[str, float]
    failed: tuple[str, ...] = ()
    load: float = 0.0
    format: int = FORMAT

    @property
    def warning(self) -> str:
        """What is to be said of figures from a machine that had something else to do; else nothing."""
        busy = f"the machine was busy (load {self.load:.1f} on {self.machine.cores} cores): its times are too long"
        return busy if self.load > BUSY else ""


def write(record: Record, path: Path) -> None:
    """Write it as JSON that people can read too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")


def read(path: Path) -> Record:
    """Read one back; ValueError, which names the file, if it is none."""
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Record)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    if record.format != FORMAT:
        raise ValueError(f"{path}: written in format {record.format}, this reads format {FORMAT}")
    return record


def default_path(commit: Commit) -> Path:
    """Where a run is kept: names in order of time, with the commit in them."""
    stamp = "".join(letter for letter in commit.date[:19] if letter.isdigit() or letter == "T")
    return FOLDER / f"{stamp}-{commit.commit[:7] or commit.version}{'-dirty' if commit.dirty else ''}.json"


def newest(count: int) -> list[Path]:
    """The last runs that were kept, the oldest of them first."""
    return sorted(FOLDER.glob("*.json"))[-count:]
