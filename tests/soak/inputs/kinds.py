"""The kinds of what comes in, each with what reads it as the program does, to where it would be on the screen.

A reader returns where the input was taken, and raises one of the documented errors where it was refused; anything else
is a fault.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.commands.json_text import json_text
from chainrule.engine.machine.check import check_experiment
from chainrule.explain.code.reading.script import read_script
from chainrule.explain.code.reading.summary import summary_lines
from chainrule.formula.differentiate import derivative
from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import parse_formula
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Symbol, walk
from chainrule.formula.writing.text import formula_to_text
from chainrule.lessons.grading.feedback import feedback_html, feedback_page
from chainrule.lessons.grading.grader import Grader
from chainrule.lessons.grading.register import register_csv, register_lines, register_object
from chainrule.lessons.lesson.checking import lesson_faults
from chainrule.lessons.lesson.folder import load_lesson
from chainrule.lessons.lesson.text import filled, pieces_of
from chainrule.model.arrays.archive import EXPERIMENT
from chainrule.model.files.decoding import decode_contents
from chainrule.model.files.disk import exhaust
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.links import experiment_of_link, link_of
from chainrule.model.files.storage import decode_experiment, read_stamped
from chainrule.model.files.text_file import read_text
from chainrule.model.importing import large_texts
from chainrule.model.importing.draft import ImportDraft
from chainrule.model.importing.reading import TableSource, open_source, text_source
from chainrule.model.importing.text_tables import finding_format, reading_text
from chainrule.model.weights.matching import with_weights
from chainrule.model.weights.weight_files import read_weights
from chainrule.ui.lesson.markdown import prose_blocks
from chainrule.ui.panels.data.clipboard import has_text_column, parse_rows
from chainrule.ui.widgets.typed_numbers import parse_integer, parse_number
from tests.experiments import article
from tests.lessons.grading.homework import RIGHT, graded, homework
from tests.soak import mutated_files
from tests.soak.inputs import seeds
from tests.soak.inputs.assignments import ROSTERS, assignments, read_assignment, read_roster
from tests.soak.inputs.going_on import open_and_go_on
from tests.soak.inputs.histories import HISTORY
from tests.soak.inputs.mutations import BYTES, TEXT, within
from tests.soak.mutated_files import MUTATIONS, Mutation

# What is said is a line that a window has room for.
LONGEST = 2_000
Read = Callable[[bytes, Path], None]


class Refused(Exception):  # noqa: N818 - what is wanted, not what is wrong
    """The documented error, with what is said."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: what it looks like as it should be, what spoils it, and what reads it."""

    name: str
    seeds: Callable[[], Sequence[bytes]]
    mutations: Sequence[Mutation]
    reads: Read

    def read(self, data: bytes, folder: Path) -> bool:
        """Read an input; return whether it was taken. `folder` is for files, which have the name of the kind."""
        try:
            self.reads(data, folder)
        except (SpecError, FormulaError, Refused) as error:
            text = str(error)
            assert text.isprintable(), f"not on a line: {text!r}"
            assert 0 < len(text) <= LONGEST, f"{len(text)} characters: {text[:300]!r}"
            text.encode()
            return False
        return True


def _written(data: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _text(data: bytes) -> str:
    """Return what stands in a field, or on the clipboard, where any text may be."""
    return data.decode("utf-8", "surrogateescape")


def _read_archive(data: bytes, folder: Path) -> None:
    contents, _ = read_stamped(_written(data, folder, "archive.chainrule"))
    checked = check_experiment(contents.experiment)
    assert check_experiment(decode_experiment(encode_experiment(checked))) == checked
    open_and_go_on(contents)


def _read_json(data: bytes, _: Path) -> None:
    if not mutated_files.read(data).opened:
        raise Refused("refused, in a line that was looked at")
    open_and_go_on(decode_contents(data))


def _put_into_place(source: TableSource) -> None:
    """Do what the page of an import does: say what it found, replace data, add rows."""
    draft, experiment = ImportDraft.of(source), _article()
    assert draft.found_in_words.isprintable(), draft.found_in_words
    assert all(column.name.isprintable() for column in draft.table.columns)
    if source.is_text:
        other = replace(draft.read.text_format, delimiter=";", header=True)
        refused_or(lambda: exhaust(draft.reading_as(other)))
    refused_or(lambda: draft.edit(experiment, append=True)(experiment))
    assert draft.in_words(experiment).isprintable()
    made = draft.edit(experiment)(experiment)
    for rows in (made.data.inputs, made.data.targets or ()):
        assert all(math.isfinite(number) for row in rows for number in row)
    check_experiment(made)


def refused_or(work: Callable[[], object]) -> None:
    """Do something that may be refused."""
    with contextlib.suppress(SpecError):
        work()


def _table(name: str) -> Read:
    return lambda data, folder: _put_into_place(open_source(_written(data, folder, name)))


def _read_large(data: bytes, folder: Path) -> None:
    """Read a text as one that is large, in small pieces: it is the table that it is otherwise."""
    source = open_source(_written(data, folder, "large.csv"))
    plain = exhaust(finding_format(io.BytesIO(data), source.name))
    with patch.multiple(large_texts, FIRST_PIECE=60, PIECE=200):
        found = exhaust(large_texts.reading_large_text(io.BytesIO(data), plain, source.name))
    same = exhaust(reading_text(io.BytesIO(data), plain, source.name))
    for one, other in zip(found.columns, same.columns, strict=True):
        assert (one.name, list(one.cells)) == (other.name, list(other.cells)), f"{one}, not {other}"


def _read_pasted(data: bytes, _: Path) -> None:
    text = _text(data)
    refused_or(lambda: _put_into_place(text_source(text)))
    has_text_column(text)
    assert all(math.isfinite(number) for row in parse_rows(text, 3, 2) for number in row)


def _read_script(data: bytes, folder: Path) -> None:
    found = read_script(read_text(_written(data, folder, "script.py")), "script")
    assert all(str(finding).isprintable() for finding in found.findings)
    summary_lines(found.experiment, found.first_values)
    check_experiment(found.experiment)


def _weights(name: str) -> Read:
    def read(data: bytes, folder: Path) -> None:
        taken = with_weights(_article(), read_weights(_written(data, folder, name)))
        assert all(note.isprintable() for note in taken.notes), taken.notes
        check_experiment(taken.experiment)

    return read


def _read_link(data: bytes, _: Path) -> None:
    experiment = experiment_of_link(_text(data))
    refused_or(lambda: check_experiment(experiment))
    refused_or(lambda: experiment_of_link(link_of(experiment)))


def _read_number(data: bytes, _: Path) -> None:
    for parse in (parse_integer, parse_number):
        try:
            assert math.isfinite(parse(_text(data)))
        except ValueError as error:
            last = error
        else:
            return
    raise Refused(str(last)) from last


def _read_formula(data: bytes, _: Path) -> None:
    text, names = _text(data), ("z", "o", "t")
    found = parse_formula(text, names)
    again = parse_formula(formula_to_text(found), names)
    evaluate(again, lambda name, places: 0.3)
    experiment = _article()
    if Symbol("z") in walk(found):
        first = replace(experiment.network.layers[0], activation=Choice("Formula", {"formula": text}))
        network = replace(experiment.network, layers=(first, *experiment.network.layers[1:]))
        check_experiment(replace(experiment, network=network))
    else:
        check_experiment(replace(experiment, loss=Choice("Formula", {"formula": text, "reduction": "mean"})))
    # That it is short enough for this is checked before.
    simplify(derivative(found, Symbol("z")))


def _read_network(data: bytes, _: Path) -> None:
    raw = b'{"format":"chainrule-experiment","version":2,"network":{"formula":%s},"optimizer":{"name":"SGD","lr":0.1}}'
    check_experiment(decode_experiment(raw % data))


def _read_lesson(data: bytes, folder: Path) -> None:
    """Read a lesson, and look at each text as the card does; what its author is told is a refusal."""
    shutil.copy(seeds.NEURON, folder / "neuron.chainrule")
    _written(data, folder, "lesson.toml")
    lesson = load_lesson(folder)
    for step in lesson.steps:
        for text in (step.text, step.title, *step.hints):
            parts = filled(pieces_of(text, "$"), lambda _: (0.5, False))
            assert all(block.text is not None for block in prose_blocks(parts))
    faults = lesson_faults(lesson)
    if faults:
        raise faults[0]


def _article() -> Experiment:
    return check_experiment(article())


@cache
def _grader() -> Grader:
    """A grader of an assignment, which is to be the same after whatever was handed in."""
    return Grader(homework())


@cache
def _ready() -> None:
    """Do what the first mistake loads, which no input is to pay for."""
    graded(dict.fromkeys(RIGHT, "7.123"))
    _grader()


def _answers(found: Callable[[], Sequence[bytes]]) -> Callable[[], Sequence[bytes]]:
    def ready() -> Sequence[bytes]:
        _ready()
        return found()

    return ready


def _graded(name: str) -> Read:
    def read(data: bytes, folder: Path) -> None:
        found = _grader().grade([_written(data, folder, name)])
        if found.students:
            assert all(0 <= student.points <= student.of for student in found.students)
            assert math.isfinite(sum(student.points for student in found.students))
            pages = [feedback_html(feedback_page(found, student)) for student in found.students[:3]]
            for text in (*pages, register_csv(found), *register_lines(found), json_text(register_object(found))):
                text.encode()
            assert not re.search(r"(^|,)\"?[=@]", register_csv(found), re.MULTILINE)
            return
        assert found.refused
        raise Refused(str(found.refused[0]))

    return read


_IN_WORKBOOKS = within(*TEXT)
_IN_ARCHIVES = within(*MUTATIONS[:5], *BYTES, *TEXT[:6])
_IN_EXPERIMENTS = within(*MUTATIONS, *HISTORY * 4, member=EXPERIMENT)
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("json", seeds.experiments, (*MUTATIONS, *HISTORY * 4), _read_json),
        Kind("archive", seeds.archives, (*BYTES, *(_IN_ARCHIVES, _IN_EXPERIMENTS) * 8), _read_archive),
        Kind("csv", seeds.texts, (*TEXT, *BYTES), _table("table.csv")),
        Kind("large", seeds.texts, (*TEXT, *BYTES), _read_large),
        Kind("xlsx", seeds.workbooks, (*BYTES, *(_IN_WORKBOOKS,) * 16), _table("table.xlsx")),
        Kind("npy", seeds.arrays, (*BYTES, *TEXT), _table("table.npy")),
        Kind("npz", seeds.several_arrays, (*BYTES, *(within(*BYTES, *TEXT),) * 12), _table("table.npz")),
        Kind("script", seeds.scripts, TEXT, _read_script),
        Kind("pt", seeds.saved, (*BYTES, *(within(*BYTES, stored=True),) * 16), _weights("weights.pt")),
        Kind("safetensors", seeds.tensors, (*BYTES, *TEXT), _weights("weights.safetensors")),
        Kind("link", seeds.links, (*BYTES, *TEXT[:6]), _read_link),
        Kind("answers", _answers(seeds.answers), (*TEXT, *BYTES), _graded("answers.csv")),
        Kind("answers-json", _answers(seeds.answers_json), (*TEXT, *BYTES), _graded("answers.json")),
        Kind(
            "answers-xlsx",
            _answers(seeds.answer_books),
            (*BYTES, *(_IN_WORKBOOKS,) * 16),
            _graded("answers.xlsx"),
        ),
        Kind("pasted", lambda: seeds.PASTED, (*TEXT, *BYTES), _read_pasted),
        Kind("number", lambda: seeds.NUMBERS, TEXT, _read_number),
        Kind("formula", lambda: seeds.FORMULAS, TEXT, _read_formula),
        Kind("network", lambda: seeds.NETWORKS, TEXT, _read_network),
        Kind("lesson", seeds.lessons, (*TEXT, *BYTES), _read_lesson),
        Kind("assignment", assignments, MUTATIONS, read_assignment),
        Kind("roster", lambda: list(ROSTERS), (*TEXT, *BYTES), read_roster),
    )
}
