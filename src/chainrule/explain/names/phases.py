"""What the four phases of an iteration are called when they begin, and what happens in them."""

from __future__ import annotations

from chainrule.catalog.values.step_kinds import Phase
from chainrule.translation import gettext, gettext_noop, pgettext

_WORDS = {
    Phase.FORWARD: gettext_noop("from the inputs to the outputs"),
    Phase.LOSS: gettext_noop("how far the outputs are from the targets"),
    Phase.BACKWARD: gettext_noop("how the loss changes with each number"),
    Phase.UPDATE: gettext_noop("each parameter takes its step"),
}
# Of a formula, which has no targets: its last line is what is differentiated.
_WORDS_OF_FORMULA = {
    Phase.FORWARD: gettext_noop("from the given numbers to the result"),
    Phase.LOSS: gettext_noop("the result that is to become smaller"),
    Phase.BACKWARD: gettext_noop("how the result changes with each number"),
}


def phase_title(phase: Phase) -> str:
    """Return the name of a phase, as a title."""
    return pgettext("phase", phase.value.capitalize())


def phase_words(phase: Phase, *, of_formula: bool = False) -> str:
    """Return what happens in a phase, as the end of its title."""
    return gettext(_WORDS_OF_FORMULA.get(phase, _WORDS[phase])) if of_formula else gettext(_WORDS[phase])
