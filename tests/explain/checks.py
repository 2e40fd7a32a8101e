"""What every equation must be: true, and LaTeX that can be typeset piece by piece."""

from __future__ import annotations

import math
from functools import cache

import latex2mathml.converter
import ziamath

from chainrule.explain.equations import Equation
from tests.explain.latex_arithmetic import evaluate

ziamath.config.svg2 = False


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
def typeset_piece(piece: str) -> None:
    assert "\\" not in latex2mathml.converter.convert(piece), f"unknown command in {piece}"
    svg = ziamath.Latex(piece, size=20).svg()
    assert "<path" in svg, f"nothing is drawn for {piece}"


@cache
def lines_of(piece: str) -> float:
    """How high a piece is, in ems."""
    height: float = ziamath.Latex(piece, size=20).getsize()[1]
    return height / 20


def typeset(equation: Equation) -> None:
    """Each piece must be LaTeX of its own."""
    chain = [text for factor in equation.chain for text in (factor.symbol, factor.number)]
    for piece in (equation.left, *equation.symbols, *equation.numbers, equation.result, *chain):
        assert piece.count("{") == piece.count("}")
        assert piece.count(r"\left") == piece.count(r"\right")
        typeset_piece(piece)
        # ziamath draws brackets around what is high over the whole page.
        assert lines_of(piece) < MOST_LINES, f"{piece} is too high"
