"""What explains gradients that add up over several batches, and the zero that they begin with again."""

from __future__ import annotations

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.wording import parameter_name
from chainrule.explain.writing.fragments import Formula
from chainrule.translation import gettext


def zero_gradient(c: Context) -> Formula:
    """Return 0: there is nothing to compute."""
    return Formula((), ())


def zero_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return 0."""
    return "0"


def added_sentence(c: Context) -> str:
    """Return whether the sum is complete."""
    count, parameter = c.experiment.data.accumulate, parameter_name(c)
    text = gettext("the gradient of {parameter} is added to the sum since the last update", parameter=parameter)
    if c.writes.is_next:
        return gettext(
            "{words}, which is kept: the next update follows once {count} batches are added up.",
            words=text,
            count=count,
        )
    return gettext("{words}: with this batch {count} are added up, and an update follows.", words=text, count=count)


def zero_sentence(c: Context) -> str:
    """Say why it is 0."""
    return gettext(
        "The update has used the gradients of {parameter}: their sum begins again with 0 (zero_grad).",
        parameter=parameter_name(c),
    )
