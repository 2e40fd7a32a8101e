"""The command line: arguments, and which command they mean. Qt and torch wait until a command needs them."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from chainrule import __version__
from chainrule.catalog.experiment.spec_error import describe, one_line
from chainrule.commands.console import CommandError, check_output, computing, run_command
from chainrule.quiet_import import import_quietly, without_collections
from chainrule.translation import choose_language, wanted_languages

if TYPE_CHECKING:
    from chainrule.catalog.experiment.spec import Experiment

_FORMATS = ("text", "json")
# What begins with one minus, but for -h.
_MINUS = re.compile(r"-(?!-|h$)")
# As far as floats count one by one: more would never come to an end.
MOST_ITERATIONS = 2**53
_USAGE = """chainrule [FILE]
       chainrule LESSON_FOLDER
       chainrule trace FILE [--iterations N] [--format text|json]
       chainrule train FILE --iterations N [--format text|json] [--save OUT]
       chainrule verify FILE [--iterations N] [--format text|json]
       chainrule import SOURCE -o OUT [--strict] [--into FILE]
       chainrule check FILE [NAME=NUMBER...] [--lines CALCULATION] [--iteration N] [--format text|json]
       chainrule check FILE --published [TABLE] [--format text|json]
       chainrule grade ASSIGNMENT ANSWERS... [--format text|json|csv] [--seed N] [--feedback FOLDER]
       chainrule explain FORMULA... [NAME=NUMBER...] [--format text|json]
       chainrule export FILE --to FORMAT -o OUT [--iterations N | --iteration N]
       chainrule export FILE --to worksheet|assignment|moodle|qti -o OUT [--questions WHICH] [--variants N]
       chainrule lessons [check [PATH]]
       chainrule doctor"""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message}; see {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    choose_language(wanted_languages())
    return run_command(lambda: _dispatch(arguments))


def _dispatch(arguments: list[str]) -> int:
    # A command is known by being the first word; a file that has such a name is opened as ./trace.
    if arguments and arguments[0] in _COMMANDS:
        check_output()
        return _COMMANDS[arguments[0]](arguments[1:])
    parser = _parser("", "Watch backpropagation, one number at a time.", usage=_USAGE)
    parser.add_argument("--version", action="version", version=f"chainrule {__version__}")
    opens = "the experiment that the window opens, or the folder of a lesson"
    parser.add_argument("files", metavar="FILE", nargs="*", type=Path, help=opens)
    # Of `Experiment.show()` in Python, which gives the experiment in this process's input.
    parser.add_argument("--from-python", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    files: list[Path] = options.files
    if options.from_python and not files:
        return _window(None, _taken_from_input())
    if len(files) > 1:
        raise CommandError(f"{_EXPECTED}, got {describe(' '.join(map(str, files)))}; see chainrule --help")
    return _window(files[0] if files else None)


def _parser(command: str, description: str, usage: str | None = None) -> _Parser:
    program = f"chainrule {command}".rstrip()
    return _Parser(prog=program, description=description, usage=usage, allow_abbrev=False)


def _trace(arguments: list[str]) -> int:
    parser = _parser("trace", "Print every micro-step of training, with its equation.")
    parser.add_argument("file", metavar="FILE", type=Path, help="an experiment")
    parser.add_argument("--iterations", metavar="N", type=_count, default=1, help="how many (default: 1)")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="json: a line for each micro-step")
    options = parser.parse_args(arguments)
    _check_surroundings()
    _load_commands()
    from chainrule.commands.experiments import trace

    with computing():
        return trace(options.file, options.iterations, options.format)


def _train(arguments: list[str]) -> int:
    parser = _parser(
        "train", "Train, and print the loss of each iteration, before its update, and the final loss and parameters."
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="an experiment")
    parser.add_argument("--iterations", metavar="N", type=_count, required=True, help="how many")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="json: one object for all")
    parser.add_argument("--save", metavar="OUT", type=Path, help="write the experiment with what it has learned")
    options = parser.parse_args(arguments)
    _check_surroundings()
    _load_commands()
    from chainrule.commands.experiments import train

    with computing():
        return train(options.file, options.iterations, options.format, options.save)


def _verify(arguments: list[str]) -> int:
    parser = _parser("verify", "Hold training against autograd, torch.optim and finite differences; 1 if one differs.")
    parser.add_argument("file", metavar="FILE", type=Path, help="an experiment")
    parser.add_argument("--iterations", metavar="N", type=_count, default=10, help="how many (default: 10)")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="json: one object for all")
    options = parser.parse_args(arguments)
    _check_surroundings()
    _load_commands()
    from chainrule.commands.experiments import verify

    with computing():
        return verify(options.file, options.iterations, options.format)


def _check(arguments: list[str]) -> int:
    parser = _parser("check", "Check numbers that were worked out by hand, and name the mistakes; 1 if one is wrong.")
    parser.add_argument("file", metavar="FILE", type=Path, help="an experiment")
    parser.add_argument("numbers", metavar="NAME=NUMBER", nargs="*", help='as on the screen: "dL/dw_12^(1)=-0.38"')
    parser.add_argument("--lines", metavar="CALCULATION", type=Path, help="a file of such lines, or of two columns")
    parser.add_argument("--iteration", metavar="N", type=_place, default=0, help="which, from 0 (default: 0)")
    beside = "a table of printed numbers: ref, index, iteration, published, note (default: NAME.published.csv)"
    parser.add_argument("--published", metavar="TABLE", type=Path, nargs="?", const=Path(), help=beside)
    parser.add_argument("--format", choices=_FORMATS, default="text", help="json: one object for all")
    options = parser.parse_args(arguments)
    _check_surroundings()
    _load_commands()
    from chainrule.commands.check import check, check_published

    if options.published is not None:
        if options.numbers or options.lines:
            raise CommandError("check takes numbers of your own, or --published with a table of printed ones, not both")
        with computing():
            return check_published(options.file, options.published if options.published.name else None, options.format)
    with computing():
        return check(options.file, options.numbers, options.lines, options.iteration, options.format)


def _grade(arguments: list[str]) -> int:
    parser = _parser("grade", "Grade answers to an assignment: points, and likely mistakes; 1 if a file was left out.")
    parser.add_argument("assignment", metavar="ASSIGNMENT", type=Path, help="an experiment with questions")
    kinds = "files (.csv, .xlsx, .json), or folders with them"
    parser.add_argument("answers", metavar="ANSWERS", nargs="+", type=Path, help=kinds)
    parser.add_argument("--format", choices=(*_FORMATS, "csv"), default="text", help="csv: a table for a register")
    parser.add_argument("--seed", metavar="N", type=int, help="that of the variants, if there are any")
    parser.add_argument("--feedback", metavar="FOLDER", type=Path, help="write a page for each student there")
    parser.add_argument("--pages", choices=("html", "markdown"), default="html", help="what the pages are written in")
    options = parser.parse_args(arguments)
    _check_surroundings()
    _load_commands()
    from chainrule.commands.grade import grade

    with computing():
        return grade(options.assignment, options.answers, options.format, options.seed, options.feedback, options.pages)


def _import(arguments: list[str]) -> int:
    from chainrule.commands.table_options import add_table_options

    parser = _parser("import", "Make an experiment of a PyTorch script, which is not run, of weights, or of a table.")
    kinds = "a script (.py), weights (.pt, .safetensors), or a table: .csv, .tsv, .txt, .xlsx, .npy, .npz"
    parser.add_argument("source", metavar="SOURCE", type=Path, help=kinds)
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help="the experiment to write")
    parser.add_argument(
        "--strict", action="store_true", help="write nothing if a line that changes numbers is left out"
    )
    parser.add_argument("--into", metavar="FILE", type=Path, help="the experiment that weights are for")
    add_table_options(parser)
    options = parser.parse_args(arguments)
    _check_surroundings()
    from chainrule.commands.import_file import import_file

    with computing():
        return import_file(options.source, options.out, options)


def _load_commands() -> None:
    """Import what the commands compute with: torch, and what needs none while its libraries are being opened."""
    import_quietly(
        ("chainrule.commands.experiments",),
        before=("bisect", "dataclasses", "json", "msgspec", "struct", "unicodedata"),
        beside=("chainrule.explain.names.steps", "chainrule.model.files.storage"),
    )


def _explain(arguments: list[str]) -> int:
    parser = _parser(
        "explain", 'Print the micro-steps of a formula, forward and backward: "f = (x + y)*z" x=-2 y=5 z=-4.'
    )
    parser.add_argument("texts", metavar="FORMULA | NAME=NUMBER", nargs="+", help="lines NAME = FORMULA, and numbers")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="json: a line for each micro-step")
    # A formula may begin with a minus, which is no option: behind a blank it is not taken for one.
    guarded = [f" {each}" if _MINUS.match(each) else each for each in arguments]
    options = parser.parse_args(guarded)
    from chainrule.commands.explain import explain

    return explain([text.strip() for text in options.texts], options.format)


def _export(arguments: list[str]) -> int:
    from chainrule.commands.export import FORMATS, export_file
    from chainrule.commands.task_options import add_task_options

    formats = "; ".join(f"{each.id}: {each.tip[0].lower()}{each.tip[1:]}" for each in FORMATS.values())
    parser = _parser("export", "Write an experiment, or its training, in the format of other programs.")
    parser.add_argument("file", metavar="FILE", type=Path, help="an experiment")
    parser.add_argument("--to", choices=tuple(FORMATS), required=True, help=formats)
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help="the file to write")
    several, one = (
        ", ".join(each.id for each in FORMATS.values() if option in each.options)
        for option in ("--iterations", "--iteration")
    )
    parser.add_argument("--iterations", metavar="N", type=_count, help=f"how many ({several})")
    parser.add_argument("--iteration", metavar="N", type=_place, help=f"which one: 0, 1, ... ({one})")
    add_task_options(parser, ", ".join(each.id for each in FORMATS.values() if each.is_task))
    options = parser.parse_args(arguments)
    _check_surroundings()
    _load_commands()
    with computing():
        return export_file(options.file, options.to, options.out, options.iterations, options.iteration, options)


def _lessons(arguments: list[str]) -> int:
    parser = _parser("lessons", "List the lessons that come with the program, or check lessons; 2 if one has a fault.")
    parser.add_argument("do", metavar="check", nargs="?", choices=("check",), help="say what is wrong in lessons")
    parser.add_argument("path", metavar="PATH", nargs="?", type=Path, help="a lesson's folder, or one of lessons")
    options = parser.parse_args(arguments)
    _check_surroundings()
    from chainrule.commands.lessons import check_lessons, list_lessons

    with computing():
        return check_lessons(options.path) if options.do else list_lessons()


def _doctor(arguments: list[str]) -> int:
    _parser("doctor", "Say what is here, what is missing, and how to get it.").parse_args(arguments)
    from chainrule.commands.doctor import doctor

    return doctor()


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "trace": _trace,
    "train": _train,
    "verify": _verify,
    "check": _check,
    "grade": _grade,
    "import": _import,
    "explain": _explain,
    "export": _export,
    "lessons": _lessons,
    "doctor": _doctor,
}
_ELSEWHERE = "try a desktop session, ssh -X or xvfb-run"
_EXPECTED = f"expected one FILE or a command ({', '.join(_COMMANDS)})"


def _count(text: str, least: int = 1) -> int:
    try:
        count = int(text)
    except ValueError:
        count = least - 1
    if not least <= count <= MOST_ITERATIONS:
        raise argparse.ArgumentTypeError(f"expected an integer from {least} to {MOST_ITERATIONS}, got {describe(text)}")
    return count


def _place(text: str) -> int:
    return _count(text, least=0)


def _check_surroundings(*, window: bool = False) -> None:
    """Refuse to load libraries that would end the process where they are."""
    from chainrule.surroundings import lack_of_folder, lack_of_memory

    if (reason := lack_of_folder() or lack_of_memory(window=window)) is not None:
        raise CommandError(reason)


def _taken_from_input() -> Experiment:
    """Read the experiment that the standard input is, and let go of that."""
    from chainrule.model.files.storage import read_open_file

    with open(0, "rb", closefd=False) as given:
        if given.isatty():
            raise CommandError("--from-python reads an experiment from the standard input, which is a terminal here")
        experiment = read_open_file(given, "standard input")
    # It takes its place on the disk until nobody has it open.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return experiment


def _window(path: Path | None, given: Experiment | None = None) -> int:
    from chainrule import system_libraries
    from chainrule.display import find_display
    from chainrule.resource_files import missing_resources

    if path is not None and path.suffix.lower() == ".py":
        raise CommandError(f"{path} is a script, not an experiment; chainrule import makes one of it, with -o OUT")
    if path is not None and not os.path.exists(path):
        raise CommandError(f"{_EXPECTED}, but there is no file {describe(str(path))}")
    if (missing := missing_resources()) is not None:
        raise CommandError(f"{missing}: files of the program are missing here; install it again")
    display = find_display()
    if display.reason is not None:
        return _walk(path, f"{display.reason}; {_ELSEWHERE}", given)
    # Qt ends the process where one of them is missing; of two window systems it takes the one that it can.
    lacking = [system_libraries.missing(("import", system)) for system in display.systems or ("import",)]
    if all(lacking):
        return _walk(path, f"Qt lacks system libraries; {system_libraries.how_to_get(lacking[0])}", given)
    _check_surroundings(window=True)
    from chainrule.surroundings import settle

    settle()
    with without_collections():
        from chainrule.ui import app

    return app.run(path, display, lambda why: run_command(lambda: _walk(path, f"{why}; {_ELSEWHERE}", given)), given)


def _walk(path: Path | None, why: str, given: Experiment | None = None) -> int:
    """Say why there is no window, and show one iteration in the terminal instead."""
    check_output()
    _check_surroundings()
    from chainrule.commands.experiments import load
    from chainrule.commands.walk import walk_texts
    from chainrule.resource_files import OPENING_EXAMPLE

    experiment = given or load(path or OPENING_EXAMPLE)
    print(f"No window can open here: {one_line(why)}. One iteration in the terminal instead:\n")
    with computing():
        for text in walk_texts(experiment):
            print(text)
    return 0
