"""What the states and terms of a typed optimizer are called, beside everything else that has a letter."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import FORMULA_OPTIMIZER, names_given, typed_as
from chainrule.catalog.values.extent import Extent
from chainrule.explain.names.apart import apart_in_print, print_key
from chainrule.explain.writing.symbols import argument_symbols
from chainrule.formula.writing.latex import upright

# What layers have letters for, with any index; and the count of steps.
_OF_LAYERS = re.compile("[wbxtLziaδŷ][₀-₉]*")
_STEP, _COEFFICIENT = "t", "c"
# Clipped, and added up.
_GRADIENTS = "gG"


def typed_letters(experiment: Experiment, names: Collection[str]) -> Mapping[str, str]:
    """Return LaTeX by the names that a person gave; `names` are what the values of a formula look like."""
    choice = experiment.optimizer
    if choice.name != FORMULA_OPTIMIZER.name:
        return {}
    gradients = _GRADIENTS if experiment.data.accumulate > 1 else _GRADIENTS[:1] if experiment.clipping else ""
    taken = {*map(print_key, argument_symbols(FORMULA_OPTIMIZER.arguments).values()), *gradients}
    elements, numbers = names_given(choice, Extent.ELEMENTS), names_given(choice, Extent.SCALAR)
    pretty = {name: typed_as(name).letter for name in (*elements, *numbers)}
    # Of a whole tensor a single letter is a capital one.
    letters = {letter for letter in pretty.values() if len(letter) == 1}
    found = apart_in_print(pretty, taken | {letter for letter in letters if letter.swapcase() in letters})

    single = (_STEP, _COEFFICIENT) if experiment.clipping else (_STEP,)

    def is_free(name: str, letter: str) -> bool:
        key = print_key(letter)
        # One number has no index that would tell it from others.
        is_other = key in names or key in single or (not names and _OF_LAYERS.fullmatch(key))
        return key not in taken and not (name in numbers and is_other)

    def letter(name: str) -> str:
        choices = (each for each in (found[name], upright(name)) if is_free(name, each))
        # No name has a blank.
        return next(choices, rf"\text{{own }}{upright(name)}")

    return {name: letter(name) for name in found}
