"""Formulas as outlines: as ziamath draws them, to the pixel, and laid out once for all digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import ziamath
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from chainrule.session.papers.outlines import MOST_TEMPLATES, Outlines
from chainrule.ui.typesetting.typeset import SIZE, Piece, Typesetter

# One that the layout is made with, and others with as many digits.
FORMULAS = [
    (r"w^{(1)}_{11}\,x_1", r"w^{(7)}_{48}\,x_0", r"w^{(9)}_{10}\,x_5"),
    (r"w^{(37)}_{12}\,a^{(36)}_2", r"w^{(10)}_{58}\,a^{(99)}_8", r"w^{(11)}_{11}\,a^{(10)}_1"),
    (r"\frac{{\partial}L}{{\partial}w^{(2)}_{11}}", r"\frac{{\partial}L}{{\partial}w^{(9)}_{80}}"),
    (
        r"-\,\eta\cdot \frac{{\partial}L}{{\partial}b^{(51)}_1}",
        r"-\,\eta\cdot \frac{{\partial}L}{{\partial}b^{(40)}_8}",
    ),
    (r"b^{(51)\,\text{new}}_1", r"b^{(10)\,\text{new}}_0"),
    (r"({-}3.196\times 10^{-38})(0.2028)", r"({-}1.111\times 10^{-10})(0.5000)", r"({-}4.474\times 10^{-44})(0.9999)"),
    (r"\sum_{n}\delta^{(25)}_{1,n}\,a^{(24)}_{1,n}", r"\sum_{n}\delta^{(10)}_{8,n}\,a^{(99)}_{4,n}"),
    (r"\hat{y}_1", r"\hat{y}_0"),
    (r"\sqrt{\hat{v}}+\epsilon",),
    (r"\max(0,\,z^{(1)}_1)", r"\max(0,\,z^{(4)}_8)"),
    (r"\begin{cases} z & z>0 \\ 0 & z \leq 0\end{cases}",),
    (r"\lVert g\rVert",),
    # A root sign that is put together of several glyphs.
    (
        r"\sqrt{\frac{(6-4)\cdot (\frac{2}{1-9}-1)}{(\frac{2}{1-9}-5)\cdot 6}}",
        r"\sqrt{\frac{(1-8)\cdot (\frac{3}{7-0}-2)}{(\frac{9}{4-9}-5)\cdot 1}}",
    ),
]


@pytest.fixture
def outlines(qapp: object) -> Outlines:
    return Outlines(SIZE)


def coverage(piece: Piece) -> np.ndarray:
    """How dark each place is, over squares of four pixels: where edges are smoothed is not compared."""
    image = QImage(600, 160, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    piece.paint(painter, QPointF(10, 80), QColor("black"))
    painter.end()
    ink = 255.0 - np.frombuffer(image.constBits(), np.uint8).reshape(160, 600)
    return np.asarray(ink.reshape(40, 4, 150, 4).mean((1, 3)))


@pytest.mark.parametrize("same", FORMULAS, ids=lambda same: same[0])
def test_it_looks_as_ziamath_draws_it(outlines: Outlines, same: tuple[str, ...]) -> None:
    for latex in same:
        piece, drawn = outlines.piece(latex), Typesetter()._vector(latex, "#000000")
        assert piece is not None
        assert piece.width == pytest.approx(drawn.width, abs=0.3)
        assert piece.ascent == pytest.approx(drawn.ascent, abs=0.6)
        assert piece.descent == pytest.approx(drawn.descent, abs=0.6)
        assert coverage(piece).sum() > 100
        assert np.abs(coverage(piece) - coverage(drawn)).max() < 40


def test_a_formula_is_laid_out_once_for_all_layers(outlines: Outlines, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out: list[str] = []
    latex = ziamath.Latex

    def counted(text: str, **arguments: Any) -> object:
        laid_out.append(text)
        return latex(text, **arguments)

    monkeypatch.setattr(ziamath, "Latex", counted)
    pieces = [outlines.piece(rf"z^{{({layer})}}_{{{unit}}}") for layer in range(10, 40) for unit in range(1, 9)]
    assert len(laid_out) == 1
    assert len({piece.width for piece in pieces if piece}) > 10  # digits of scripts are not all equally wide
    outlines.piece("z^{(100)}_1")
    assert len(laid_out) == 2


def test_layouts_that_were_not_used_for_long_are_let_go(outlines: Outlines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.session.papers.outlines.MOST_TEMPLATES", 3)
    for letter in "abcdef":
        outlines.piece("z_1")
        outlines.piece(f"{letter}_1")
    assert list(outlines._templates) == ["e_0", "z_0", "f_0"]
    assert MOST_TEMPLATES > 100


@pytest.mark.parametrize("latex", [r"\boxed{x_1}", "1" * 60])
def test_what_is_not_made_of_glyphs_and_bars_is_drawn_by_ziamath(outlines: Outlines, latex: str) -> None:
    assert outlines.piece(latex) is None
    assert Typesetter()._typeset(latex, "#000000").width > 0
