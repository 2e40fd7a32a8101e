"""The options of `chainrule import` that are about tables; they load nothing."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError

# What `--missing` calls what is done with missing cells; a number is filled in itself.
MISSING_WORDS = ("drop", "mean", "median", "frequent")
DELIMITER_WORDS = {"tab": "\t", "semicolon": ";", "comma": ",", "bar": "|", "blank": " "}
DECIMAL_WORDS = {"point": ".", "comma": ","}


def add_table_options(parser: ArgumentParser) -> None:
    """Add what can be said of a table: which columns are for what, and how it is written where that is not found."""
    group = parser.add_argument_group("of tables")
    group.add_argument("--target", metavar="COLUMN", action="append", help="a column to be learned; the last one else")
    group.add_argument("--leave-out", metavar="COLUMN", action="append", default=[], help="a column that is no input")
    group.add_argument(
        "--missing", metavar="WHAT", default="drop", help="drop (the default), mean, median, frequent, or a number"
    )
    kind = group.add_mutually_exclusive_group()
    kind.add_argument("--classes", action="store_true", default=None, help="the target is the name of a class")
    kind.add_argument("--numbers", action="store_false", dest="classes", help="the target is a number")
    group.add_argument("--raw", action="store_true", help="do not standardize the inputs")
    group.add_argument("--hidden", metavar="N,N", type=hidden_units, default=(8,), help="hidden layers (default: 8)")
    group.add_argument("--delimiter", choices=tuple(DELIMITER_WORDS), help="what stands between cells")
    group.add_argument("--decimal", choices=tuple(DECIMAL_WORDS), help="the decimal sign")
    group.add_argument("--encoding", metavar="NAME", help="utf-8, cp1252, ...")
    group.add_argument("--header", choices=("yes", "no"), help="whether the first row names the columns")
    group.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook; the first one else")


def hidden_units(text: str) -> tuple[int, ...]:
    """Return the units of each hidden layer: `8,4`; empty for none."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ArgumentTypeError(f"expected units such as 8 or 8,4, got {text}") from None
