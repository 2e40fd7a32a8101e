"""A homework for tests of grading, and answers to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainrule.catalog.experiment.question import Question, Tolerance
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.grading.handed_in import HandedIn
from chainrule.lessons.grading.keys import AskedKeys
from chainrule.lessons.grading.marker import AnswerMarker
from chainrule.lessons.grading.marks import MarkedStudent
from tests.experiments import mazur

Z, A = ValueRef("layers.0.pre_activation"), ValueRef("layers.0.activation")
# Mazur's first neuron, the loss, and a weight after the step, as printed.
QUESTIONS = (
    Question("z1", Z, (0, 0), points=2.0),
    Question("a1", A, (0, 0)),
    Question("L", ValueRef("loss"), (), points=3.0),
    Question("w", ValueRef("layers.1.weight.next"), points=4.0, tolerance=Tolerance(digits=4)),
)
RIGHT = {
    "z1": "0.3775", "a1": "0.5933", "L": "0.298371109",
    "w[0,0]": "0.3589", "w[0,1]": "0.4087", "w[1,0]": "0.5113", "w[1,1]": "0.5614",
}  # fmt: skip


def homework(*questions: Question, **changes: Any) -> Experiment:
    """Mazur's network with questions."""
    return mazur(questions=questions or QUESTIONS, **changes)


def graded(answers: dict[str, str], *questions: Question, **changes: Any) -> MarkedStudent:
    """Return the marks of some answers."""
    return AnswerMarker(Assignment.of(homework(*questions, **changes))).marked(HandedIn("Ada", "ada.csv", answers))


def keys(*questions: Question) -> AskedKeys:
    """Return the names of what is asked."""
    return AskedKeys(Assignment.of(homework(*questions)))


def written(path: Path, text: str | bytes) -> Path:
    """Write a file, and return where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path
