"""What `chainrule export` writes of questions: worksheets, assignments, quizzes. The window writes the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from chainrule.catalog.arguments import SpecError, one_line
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.question import DEFAULT_TOLERANCE
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import describe
from chainrule.commands.task_options import TaskOptions
from chainrule.explain.documents.latex import latex_document
from chainrule.explain.documents.markdown import markdown_document
from chainrule.explain.documents.network_drawing import network_drawing, svg_of_drawing
from chainrule.explain.documents.parts import Part
from chainrule.lessons.assignments.asking import asked_questions
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.moodle import moodle_xml
from chainrule.lessons.assignments.qti import qti_package
from chainrule.lessons.assignments.roster import names_of_files
from chainrule.lessons.assignments.variants import VariantMaker
from chainrule.lessons.assignments.worksheet import all_keys, document_parts
from chainrule.model.files.encoding import encode_experiment

FilesToWrite = Mapping[Path, Iterable[bytes]]
Sheet = tuple[str, Assignment]
SHEET_SUFFIXES = (".pdf", ".md", ".tex")
KEY = "key"
# How each answer comes out is written of so many variants: nobody reads more.
MOST_EXPLAINED = 26
_UNTITLED = "Worksheet"


def asking(experiment: Experiment, options: TaskOptions | None) -> Experiment:
    """Return a checked experiment with the questions that are asked: those of the options, or else its own."""
    if options is None or not options.questions:
        if not experiment.questions:
            name = "name what to ask of, as with --questions backward"
            raise SpecError("$.questions", f"this experiment asks no questions: {name}")
        return experiment
    first = experiment.first_iteration if options.first is None else options.first
    if first < experiment.first_iteration:
        raise SpecError("--iteration", f"training begins with iteration {experiment.first_iteration}")
    found = asked_questions(
        experiment,
        options.questions,
        range(first, first + options.count),
        whole=options.whole,
        points=options.points,
        tolerance=options.tolerance or DEFAULT_TOLERANCE,
    )
    return checked_experiment(replace(experiment, questions=found))


class Sheets:
    """The assignments of all variants, each made when it is first asked for."""

    def __init__(self, experiment: Experiment, options: TaskOptions | None) -> None:
        self.experiment = asking(experiment, options)
        self.options = options or TaskOptions()
        self.title = experiment.title or _UNTITLED
        self.names = self.options.names or ("",)
        self._made = dict[str, Assignment]()
        self._maker = VariantMaker(self.experiment) if self.options.names else None
        # What cannot be asked, or drawn, is told before anything is written.
        self.sheet(self.names[0])

    def sheet(self, name: str) -> Sheet:
        """Return the assignment of a name."""
        if name not in self._made:
            own = self.experiment if self._maker is None else self._maker.variant(self.options.seed, name).experiment
            self._made[name] = Assignment.of(own)
        return name, self._made[name]

    def making(self) -> Iterator[bytes]:
        """Make all of them, one at a time: each gives an empty piece of a file."""
        for name in self.names:
            self.sheet(name)
            yield b""

    def all(self) -> list[Sheet]:
        """Return the assignments of all names."""
        return [self.sheet(name) for name in self.names]


# ---------------------------------------------------------------------------------------------------------- worksheets


def worksheet_files(experiment: Experiment, out: Path, options: TaskOptions | None) -> FilesToWrite:
    """Return worksheets: one file, or one for each variant and one for the key; by the ending PDF, Markdown, LaTeX."""
    suffix = out.suffix.lower()
    if suffix not in SHEET_SUFFIXES:
        wanted = "expected a file that ends in .pdf, .md or .tex"
        raise SpecError(one_line(str(out)), f"{wanted}, got {describe(suffix or out.name)}")
    sheets = Sheets(experiment, options)
    if suffix == ".pdf":
        start_qt()
    drawing = out.with_name(f"{out.stem} network.svg")
    files = dict[Path, Iterable[bytes]]()
    picture = network_drawing(experiment)
    if suffix == ".md" and picture is not None:
        files[drawing] = (svg_of_drawing(picture).encode(),)
    if not sheets.options.each:
        return files | {out: _whole_document(sheets, suffix, drawing.name)}
    called = names_of_files((KEY, *sheets.names))
    for name in sheets.names:
        files[out.with_name(f"{out.stem} {called[name]}{out.suffix}")] = _one_sheet(sheets, name, suffix, drawing.name)
    if sheets.options.key:
        files[out.with_name(f"{out.stem} {KEY}{out.suffix}")] = _whole_key(sheets, suffix)
    return files


def _whole_document(sheets: Sheets, suffix: str, drawing: str) -> Iterator[bytes]:
    yield from sheets.making()
    explained = len(sheets.names) <= MOST_EXPLAINED
    parts = document_parts(sheets.all(), key=sheets.options.key, drawing=drawing, equations=explained)
    yield from _written(sheets.title, parts, suffix)


def _one_sheet(sheets: Sheets, name: str, suffix: str, drawing: str) -> Iterator[bytes]:
    parts = document_parts([sheets.sheet(name)], key=False, drawing=drawing)
    yield from _written(sheets.title, parts, suffix)


def _whole_key(sheets: Sheets, suffix: str) -> Iterator[bytes]:
    yield from sheets.making()
    parts = all_keys(sheets.all(), equations=len(sheets.names) <= MOST_EXPLAINED)
    yield from _written(f"{sheets.title}: key", parts, suffix)


def _written(title: str, parts: Iterator[Part], suffix: str) -> Iterator[bytes]:
    if suffix == ".pdf":
        from chainrule.session.papers.pages import writing_pdf  # noqa: PLC0415 - loads Qt

        yield from writing_pdf(title, parts)
    else:
        yield (markdown_document if suffix == ".md" else latex_document)(title, parts).encode()


def start_qt() -> None:
    """Make what paints on paper possible where there is no window: without a display, and without one of Qt's plugins
    for it.
    """
    from chainrule import system_libraries  # noqa: PLC0415 - for papers alone
    from chainrule.commands.console import CommandError  # noqa: PLC0415 - for papers alone

    if lacking := system_libraries.missing(("import",)):
        raise CommandError(f"PDF needs Qt, which lacks system libraries; {system_libraries.how_to_get(lacking)}")
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 - loads Qt

    if QGuiApplication.instance() is None:
        _applications.append(QGuiApplication(["chainrule", "-platform", "offscreen"]))


# Qt's application lives as long as the process.
_applications = list[object]()


# --------------------------------------------------------------------------------------------------- the other forms


def assignment_files(experiment: Experiment, out: Path, options: TaskOptions | None) -> FilesToWrite:
    """Return the experiment with its questions, or a variant of it for each name, a file each."""
    sheets = Sheets(experiment, options)
    if not sheets.options.names:
        return {out: (encode_experiment(sheets.experiment),)}
    called = names_of_files(sheets.names)
    return {
        out.with_name(f"{out.stem} {called[name]}{out.suffix}"): _one_variant(sheets, name) for name in sheets.names
    }


def _one_variant(sheets: Sheets, name: str) -> Iterator[bytes]:
    own = sheets.sheet(name)[1].experiment
    yield encode_experiment(replace(own, title=f"{sheets.title} · {name}"))


def quiz_files(kind: str, experiment: Experiment, out: Path, options: TaskOptions | None) -> FilesToWrite:
    """Return a quiz of all variants in one file: "moodle" or "qti"."""
    sheets = Sheets(experiment, options)

    def pieces() -> Iterator[bytes]:
        yield from sheets.making()
        if kind == "moodle":
            yield from (piece.encode() for piece in moodle_xml(sheets.title, sheets.all()))
        else:
            yield from qti_package(sheets.title, sheets.all())

    return {out: pieces()}
