"""What every equation must be: true, and LaTeX that can be typeset fragment by fragment."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import latex2mathml.converter
import ziamath
from ziafont.font import Font

from chainrule.explain.equations import Equation
from tests.explain.latex_arithmetic import evaluate

ziamath.config.svg2 = False
FONT = Path(__file__).parents[2] / "resources" / "fonts" / "DejaVuSans.ttf"


def close(left: float, right: float) -> bool:
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)


def assert_true(equation: Equation, value: float, sample: int) -> None:
    """The numbers make the result, the samples add up to it, and the chain makes the sample's share."""
    assert close(evaluate(equation.result), value)
    assert close(evaluate(" ".join(equation.numbers) or equation.result), value)
    if equation.samples:
        assert close(math.fsum(equation.samples), value)
    if equation.chain:
        assert close(math.prod(factor.value for factor in equation.chain), equation.samples[sample])
        numbers = r"\cdot ".join(factor.number for factor in equation.chain)
        assert close(evaluate(numbers), equation.samples[sample])


# As many as a formula with three cases of fractions takes.
MOST_LINES = 10


@cache
def small_font() -> Font:
    """The font of labels: to read it takes a second."""
    return Font(str(FONT))


@cache
def typeset_fragment(fragment: str) -> float:
    """Typeset a fragment, and return how high it is, in ems."""
    assert "\\" not in latex2mathml.converter.convert(fragment), f"unknown command in {fragment}"
    drawn = ziamath.Latex(fragment, size=20)
    assert "<path" in drawn.svg(), f"nothing is drawn for {fragment}"
    height: float = drawn.getsize()[1]
    return height / 20


def typeset(equation: Equation) -> None:
    """Each fragment must be LaTeX of its own."""
    chain = [text for factor in equation.chain for text in (factor.symbol, factor.number)]
    for fragment in (equation.left, *equation.symbols, *equation.numbers, equation.result, *chain):
        assert fragment.count("{") == fragment.count("}")
        assert fragment.count(r"\left") == fragment.count(r"\right")
        # ziamath draws brackets around what is high over the whole page.
        assert typeset_fragment(fragment) < MOST_LINES, f"{fragment} is too high"
