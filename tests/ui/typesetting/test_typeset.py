"""Typesetting: what is drawn as text stands where ziamath would have set it, and is not set twice."""

from __future__ import annotations

from time import process_time

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from chainrule.session.papers.outlines import OutlinePiece
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting import typeset
from chainrule.ui.typesetting.typeset import _NUMERIC, Piece, RowPiece, TextPiece, Typesetter

INK = "#000000"


@pytest.fixture
def typesetter(qapp: object) -> Typesetter:
    return Typesetter()


def dark_pixels(piece: Piece) -> int:
    image = QImage(600, 120, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    piece.paint(painter, QPointF(10, 70), QColor(INK))
    painter.end()
    return sum(image.pixelColor(x, y).lightness() < 128 for x in range(600) for y in range(120))


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        ("-0.6550", "−0.6550"),
        ("({-}0.6550)(2)", "(−0.6550)(2)"),
        (r"+\,(0.5)(2)", "+ (0.5)(2)"),
        (r"-\,0.01\cdot ({-}4.93)", "− 0.01 · (−4.93)"),
        ("0.5933(1-0.5933)", "0.5933(1 − 0.5933)"),
        (r"\max(0,\,1.1)", "max(0, 1.1)"),
    ],
)
def test_numbers_are_text_with_room_around_their_operators(typesetter: Typesetter, latex: str, text: str) -> None:
    piece = typesetter.piece(latex, INK)

    assert isinstance(piece, TextPiece)
    assert piece.text.replace("\u2005", " ").replace("  ", " ") == text
    assert dark_pixels(piece) > 50


def test_what_a_long_sum_leaves_out_is_text(typesetter: Typesetter) -> None:
    piece = typesetter.piece(r"+\,(\text{8 more: }{-}0.0098)", INK)

    assert isinstance(piece, TextPiece)
    assert piece.text.replace("\u2005", "").replace("\u00a0", " ") == "+(8 more: −0.0098)"


@pytest.mark.parametrize(
    ("latex", "last"),
    [
        (r"(2.041\cdot 10^{-8}-0)", " − 0)"),
        (r"(2.041\cdot 10^{-8})({-}2)", ")(−2)"),
        (r"\frac{1}{2}-\,1", " − 1"),
    ],
)
def test_behind_a_power_a_minus_is_a_difference(typesetter: Typesetter, latex: str, last: str) -> None:
    piece = typesetter.piece(latex, INK)
    assert isinstance(piece, RowPiece)
    found = piece.parts[-1][0]
    assert isinstance(found, TextPiece)
    assert found.text.replace("\u2005", " ") == last


def test_a_minus_is_as_long_as_a_plus(typesetter: Typesetter) -> None:
    typesetter.piece("1", INK)
    math = QFont(typesetter.piece("1", INK).font)  # type: ignore[attr-defined]
    for font in (math, Appearance().font(20), Appearance().font(20, mono=True)):
        font.setPixelSize(60)
        plus, minus = (ink_width(font, sign) for sign in "+−")
        assert minus >= plus, font.family()


def ink_width(font: QFont, text: str) -> int:
    image = QImage(120, 120, QImage.Format.Format_Grayscale8)
    image.fill(255)
    painter = QPainter(image)
    painter.setFont(font)
    painter.drawText(QPointF(20, 80), text)
    painter.end()
    dark = [x for x in range(120) for y in range(120) if image.pixelColor(x, y).lightness() < 128]
    return max(dark) - min(dark) + 1


@pytest.mark.parametrize("latex", [r"\frac{1}{2}\,[(0.5-1)^2", "(0.5-1)^{2}", r"(4.386\cdot 10^{-5})(2)"])
def test_constant_fractions_and_powers_stand_in_the_row(typesetter: Typesetter, latex: str) -> None:
    piece = typesetter.piece(latex, INK)

    assert isinstance(piece, RowPiece)
    places = [offset.x() for _, offset in piece.parts]
    assert places == sorted(places)
    assert piece.width >= places[-1]


@pytest.mark.parametrize("latex", [r"\frac{\partial L}{\partial w^{(1)}_{12}}", r"\hat{y}", r"4.386\times 10^{-4}"])
def test_formulas_are_outlines(typesetter: Typesetter, latex: str) -> None:
    piece = typesetter.piece(latex, INK)

    assert isinstance(piece, OutlinePiece)
    assert dark_pixels(piece) > 50


@pytest.mark.parametrize("latex", ["0.6550", "(2)(1.5)", "1.1000"])
def test_text_is_as_wide_as_the_same_typeset(typesetter: Typesetter, latex: str) -> None:
    assert typesetter.piece(latex, INK).width == pytest.approx(typesetter._vector(latex, INK).width, rel=0.04)


def test_a_piece_is_set_once(typesetter: Typesetter) -> None:
    assert typesetter.piece(r"\hat{y}", INK) is typesetter.piece(r"\hat{y}", INK)
    assert typesetter.piece(r"\hat{y}", INK) is not typesetter.piece(r"\hat{y}", "#ff0000")


def test_pieces_in_use_are_kept_and_the_others_let_go(typesetter: Typesetter, monkeypatch: pytest.MonkeyPatch) -> None:
    used = typesetter.piece(r"\hat{y}", INK)
    assert isinstance(used, OutlinePiece)
    monkeypatch.setattr(typeset, "MOST_SVG", 3 * used.length)
    unused = typesetter.piece(r"\hat{z}", INK)
    for number in range(3 * used.length // typeset.TEXT):
        typesetter.piece(f"{number}", INK)
        assert typesetter.piece(r"\hat{y}", INK) is used
    assert typesetter.piece(r"\hat{z}", INK) is not unused


def test_large_pieces_leave_room_for_fewer_others(typesetter: Typesetter, monkeypatch: pytest.MonkeyPatch) -> None:
    small = typesetter.piece(r"\hat{y}", INK)
    assert isinstance(small, OutlinePiece)
    monkeypatch.setattr(typeset, "MOST_SVG", 3 * small.length)
    assert typesetter.piece(r"\hat{y}", INK) is small
    large = typesetter.piece(r"\hat{y}" * 9, INK)
    assert typesetter.piece(r"\hat{y}" * 9, INK) is large
    assert typesetter.piece(r"\hat{y}", INK) is not small


def test_a_long_row_that_ends_in_no_number_is_told_apart_at_once() -> None:
    def seconds(terms: int) -> float:
        row, begun = r"\cdot".join(["0.12"] * terms) + r"+\infty", process_time()
        assert _NUMERIC.fullmatch(row) is None
        return process_time() - begun

    # Each term more took twenty times as long: three of them 15 ms, five 7 s.
    assert min(seconds(5) for _ in range(3)) < 100 * min(seconds(3) for _ in range(9))


@pytest.mark.parametrize("latex", ["z" + "^{z" * 40 + "}" * 40, r"\frac{z}{1+" * 30 + "z" + "}" * 30])
def test_what_would_take_minutes_is_text(typesetter: Typesetter, latex: str) -> None:
    start = process_time()
    piece = typesetter.piece(latex, INK)
    assert process_time() - start < 1
    assert isinstance(piece, TextPiece)
    assert piece.text.count("z") == latex.count("z")
