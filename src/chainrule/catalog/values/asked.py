"""Whether an experiment has what its questions ask of: the value, and the number in it."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.arguments import SpecError, describe
from chainrule.catalog.experiment.batches import place_in_epoch
from chainrule.catalog.experiment.question import Question, check_questions
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import expected, one_line
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.value import Value

# Nobody fills in a larger table, nor so many of them.
MOST_NUMBERS_OF_A_VALUE = 1000
MOST_NUMBERS = 10_000


def check_asked(experiment: Experiment) -> None:
    """Refuse questions that a checked experiment has no number for; raise `SpecError` at the first place."""
    check_questions(experiment.questions, "$.questions")
    total = 0
    for place, question in enumerate(experiment.questions):
        total += check_asked_number(experiment, question, f"$.questions[{place}]")
    if total > MOST_NUMBERS:
        raise expected("$.questions", f"at most {MOST_NUMBERS} numbers in all", total)


def with_fitting_questions(experiment: Experiment, questions: tuple[Question, ...]) -> Experiment:
    """Return a checked experiment with those of some questions that it has a number for."""
    return replace(experiment, questions=tuple(each for each in questions if _fits(experiment, each)))


def _fits(experiment: Experiment, question: Question) -> bool:
    try:
        check_asked_number(experiment, question, "$")
    except SpecError:
        return False
    return True


def check_asked_number(experiment: Experiment, question: Question, path: str) -> int:
    """Refuse a question of a value that the experiment cannot have; return how many numbers it asks for."""
    value = values_of(experiment).get(question.ref)
    if value is None:
        raise SpecError(f"{path}.ref", f"no value {describe(question.ref)} in this experiment")
    if question.iteration < experiment.first_iteration:
        first = experiment.first_iteration
        raise SpecError(f"{path}.iteration", f"training begins with iteration {first}, got {question.iteration}")
    shape = shape_at(experiment, value, question.iteration)
    if question.index is None:
        count = 1
        for size in shape:
            count *= size
        if count > MOST_NUMBERS_OF_A_VALUE:
            wanted = f"an index, or a value of at most {MOST_NUMBERS_OF_A_VALUE} numbers"
            raise SpecError(path, f"expected {wanted}; {one_line(question.ref)} has {count}")
        return count
    if len(question.index) != len(shape):
        wanted = f"{len(shape)} numbers" if len(shape) != 1 else "1 number"
        raise expected(f"{path}.index", f"{wanted} for {one_line(question.ref)}", describe(list(question.index)))
    for axis, (number, size) in enumerate(zip(question.index, shape, strict=True)):
        if not 0 <= number < size:
            raise expected(f"{path}.index[{axis}]", f"an integer from 0 to {size - 1}", number)
    return 1


def shape_at(experiment: Experiment, value: Value, iteration: int) -> tuple[int, ...]:
    """Return the shape of a value in one iteration: the last batch of an epoch may have fewer rows."""
    data = experiment.data
    rows = data.training_rows
    if data.batch_size is not None:
        _, batch = place_in_epoch(data, iteration)
        rows = min(data.batch_size, rows - batch * data.batch_size)
    return tuple(rows if size is None else size for size in value.sizes)
