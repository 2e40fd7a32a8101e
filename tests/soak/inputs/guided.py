"""Inputs that are led by what they reach in the readers, by Atheris: outside of the suite, on Linux.

    python -m tests.soak.inputs.guided xlsx -max_total_time=600
    python -m tests.soak.inputs.guided xlsx FOLDER -max_total_time=600    goes on from what FOLDER has, and adds to it

What stands behind the kind is for libFuzzer (`-help=1`). It begins with the inputs as they should be, stops at the
first fault and writes that to a file `crash-...`, which it reads again where it is named in the place of the folder.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QCoreApplication

try:
    import atheris
except ImportError:
    sys.exit("Atheris is not installed: pip install atheris")

with atheris.instrument_imports(include=["chainrule"]):
    from tests.soak.inputs.bounds import limit_process
    from tests.soak.inputs.kinds import KINDS

# An input that takes longer, or makes the process larger than this, is a fault.
BOUNDS = ("-timeout=20", "-rss_limit_mb=3000", "-max_len=200000")


def main() -> None:
    """Lead inputs of the kind that is named first, until something is wrong or the time is over."""
    if len(sys.argv) == 1 or sys.argv[1] not in KINDS:
        sys.exit(f"usage: python -m tests.soak.inputs.guided {'|'.join(KINDS)} [FOLDER] [-options of libFuzzer]")
    kind = KINDS[sys.argv[1]]
    limit_process()
    # For what waits in an event loop; libFuzzer ends the process.
    application = QCoreApplication([])
    with tempfile.TemporaryDirectory() as name:
        begun, used = Path(name, "begun"), Path(name, "used")
        for folder in (begun, used):
            folder.mkdir()
        for number, data in enumerate(kind.seeds()):
            (begun / str(number)).write_bytes(data)
        given = sys.argv[2:]
        # A single input is read alone.
        corpus = [] if any(Path(each).is_file() for each in given) else [str(begun)]
        atheris.Setup([sys.argv[0], *BOUNDS, *given, *corpus], lambda data: kind.read(data, used))
        atheris.Fuzz()
        application.shutdown()


if __name__ == "__main__":
    main()
