"""What a number that is not shown yet can be compared with: zero, its old value, or what it is computed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import GRADIENTS, Role, Value
from chainrule.explain.names.notation import Notation
from chainrule.translation import gettext, gettext_noop

Index = tuple[int, ...]
# A number that is known already; None where there is none.
KnownNumber = Callable[[ValueRef, Index], float | None]
_BY_SIGN = (Role.PRE_ACTIVATION, Role.OPERATOR, Role.TERM, *GRADIENTS)


class AnsweredSide(Enum):
    """How a number is beside another one, in the order of a number line."""

    SMALLER = "smaller"
    SAME = "same"
    LARGER = "larger"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a number is compared with: `name` in words, empty where it is zero, so that its sign is asked for."""

    number: float
    name: str = ""

    def compared(self, number: float) -> AnsweredSide:
        """Return how a number is beside this one."""
        if number == self.number:
            return AnsweredSide.SAME
        return AnsweredSide.LARGER if number > self.number else AnsweredSide.SMALLER

    def answer(self, comparison: AnsweredSide) -> str:
        """Return an answer in a word or two, as a button has it."""
        return (_OF_ZERO if not self.name else _OF_OTHERS)[comparison]

    @property
    def question(self) -> str:
        """What is asked, behind the number's name."""
        return (
            gettext("larger or smaller than {name}?", name=self.name) if self.name else gettext("positive or negative?")
        )


_OF_ZERO = {
    AnsweredSide.SMALLER: gettext_noop("negative"),
    AnsweredSide.SAME: gettext_noop("zero"),
    AnsweredSide.LARGER: gettext_noop("positive"),
}
_OF_OTHERS = {
    AnsweredSide.SMALLER: gettext_noop("smaller"),
    AnsweredSide.SAME: gettext_noop("the same"),
    AnsweredSide.LARGER: gettext_noop("larger"),
}


def yardstick_of(
    experiment: Experiment, value: Value, index: Index, known: KnownNumber, loss_before: tuple[int, float] | None
) -> Yardstick | None:
    """Return what a number can be compared with, so that an answer says something of it; None where nothing can.

    What takes the place of another number is compared with that one: a weight with itself before its update. Of what
    may have either sign that is asked for; an activation is compared with its pre-activation, and the loss with the one
    of the iteration before, which `loss_before` is, with its number.
    """
    if value.next_of is not None:
        return _beside(experiment, value.next_of.ref, index, known)
    if value.role in _BY_SIGN:
        return Yardstick(0.0)
    if value.role is Role.ACTIVATION and value.layer is not None:
        activation = experiment.network.layers[value.layer].activation
        # One z does not make what is shared out among all units.
        if not ACTIVATIONS[activation.name].couples_units:
            return _beside(experiment, refs.pre_activation(value.layer), index, known)
    if value.ref == experiment.network.loss_ref and loss_before is not None:
        iteration, loss = loss_before
        return Yardstick(loss, gettext("in iteration {iteration}", iteration=iteration))
    return None


def _beside(experiment: Experiment, ref: ValueRef, index: Index, known: KnownNumber) -> Yardstick | None:
    number = known(ref, index)
    # A formula's parameter has no index in its name.
    return None if number is None else Yardstick(number, Notation.of(experiment).text(ref, index))
