"""Text files of other programs, read within a bound."""

from __future__ import annotations

from pathlib import Path

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.model.files.disk import reason_of

# No script that somebody wrote is longer.
LONGEST_TEXT = 400_000


def read_text(path: Path, longest: int = LONGEST_TEXT) -> str:
    """Return the text of a file of at most so many bytes, or raise `SpecError` with the path `$`."""
    try:
        if path.is_dir():
            raise SpecError("$", "this is a folder, not a file")
        if path.exists() and not path.is_file():
            raise SpecError("$", "this is not a file")
        with path.open("rb") as file:
            data = file.read(longest + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError("$", f"cannot be read: {reason_of(error)}") from None
    if len(data) > longest:
        raise SpecError("$", f"expected at most {longest} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError("$", f"expected UTF-8 text, but byte {error.start + 1} is 0x{data[error.start]:02x}") from None
