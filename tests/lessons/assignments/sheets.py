"""What tests of worksheets and quizzes make: the article's network with questions, and what is read back."""

from __future__ import annotations

import re
from dataclasses import replace

from chainrule.catalog.experiment.spec import Experiment
from chainrule.lessons.assignments.asking import asked_questions
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.variants import VariantMaker, letters
from tests.experiments import article

NUMBER = re.compile(r"−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?")


def asked(wanted: str, *, whole: bool = False, experiment: Experiment | None = None, iterations: int = 1) -> Assignment:
    """The assignment of some micro-steps."""
    experiment = experiment or article()
    found = asked_questions(experiment, wanted, range(iterations), whole=whole)
    return Assignment.of(replace(experiment, questions=found))


def variants(assignment: Assignment, count: int) -> list[tuple[str, Assignment]]:
    """Variants of an assignment by their names."""
    maker = VariantMaker(assignment.experiment)
    return [(name, Assignment.of(maker.variant(0, name).experiment)) for name in letters(count)]


def read_number(text: str) -> float:
    """Return a number as it is written on sheets."""
    mantissa, _, power = text.replace("−", "-").partition("·10")
    raised = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{mantissa}e{raised or 0}")
