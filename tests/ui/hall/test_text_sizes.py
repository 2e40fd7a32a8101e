"""The last row reads everything: no text is lower than 2.5 % of the screen's height, whatever the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import ziamath
from PySide6.QtCore import QSize
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.ui.hall.picture import HallPicture
from chainrule.ui.typesetting.formula import FormulaView
from chainrule.ui.typesetting.typeset import SIZE
from tests.experiments import article, dense
from tests.ui.hall.conftest import HallOf

SHARE = 0.025
SCREENS = [(1280, 800), (1920, 1080), (3840, 2160)]


def classification() -> Experiment:
    """Four inputs, a hidden layer with an activation that has exponents of exponents, and three classes."""
    data = DataSpec(((1.0, -0.5, 0.25, 2.0), (0.5, 1.5, -1.0, 0.0)), ((0.0,), (2.0,)))
    return dense((4, 5, 3), 2, data=data, loss=Choice("CrossEntropyLoss"))


NETWORKS = {"2-2-1": article, "2-4-2-1": lambda: dense((2, 4, 2, 1), 2), "classes": classification}


def texts_of(widget: QWidget, path: Path) -> Iterator[tuple[str, float]]:
    """Yield each text that a widget paints as text, with its size in pixels, as an SVG file has it."""
    svg = QSvgGenerator()
    svg.setFileName(str(path))
    svg.setSize(QSize(widget.width(), widget.height()))
    svg.setResolution(96)
    widget.render(svg)
    yield from _texts(ElementTree.parse(path).getroot(), 1.0, 0.0)


def _texts(element: ElementTree.Element, scale: float, size: float) -> Iterator[tuple[str, float]]:
    matrix = re.fullmatch(r"matrix\(([-\d.e]+),([-\d.e]+),.*", element.get("transform", ""))
    if matrix is not None:
        # Groups are not nested in these files.
        scale = (float(matrix[1]) ** 2 + float(matrix[2]) ** 2) ** 0.5
    size = float(element.get("font-size", size))
    if element.tag.endswith("text") and (element.text or "").strip():
        yield (element.text or "").strip(), size * scale
    for child in element:
        yield from _texts(child, scale, size)


def smallest_glyph(latex: str) -> float:
    """The size of the smallest glyph of a formula, as a share of its own, as ziamath lays it out."""
    sizes, nodes = [], [ziamath.Latex(latex, size=100).node]
    while nodes:
        node = nodes.pop()
        for child in node.nodes:
            if hasattr(child, "nodexy"):
                nodes.append(child)
            elif getattr(child, "char", "").strip():
                sizes.append(child.size / 100)
    return min(sizes, default=1.0)


def formula_sizes(picture: HallPicture) -> Iterator[tuple[str, float]]:
    """Yield each piece of a formula in sight, with the size of its smallest glyph in pixels."""
    for view in picture.equation.findChildren(FormulaView):
        if view.isVisible():
            for part in view.parts:
                yield part.latex, view.scale * SIZE * smallest_glyph(part.latex)


@pytest.mark.parametrize("size", SCREENS, ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_no_text_is_smaller_than_the_last_row_can_read(
    hall_of: HallOf, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    session, picture = hall_of(NETWORKS[name](), size)
    least, seen = SHARE * size[1], 0
    # All steps on the smallest screen, where room is as scarce as anywhere; elsewhere some.
    for position in range(len(session.moment.steps) + 1):
        if size == SCREENS[0] or position % 5 == 0:
            # Layouts come with the next turn of the event loop.
            QApplication.processEvents()
            found = [*texts_of(picture, tmp_path / "hall.svg"), *formula_sizes(picture)]
            too_small = [(text, pixels) for text, pixels in found if pixels < least - 1e-6]
            assert not too_small, f"at step {position}"
            seen += len(found)
            assert picture.equation.is_all_in_sight, f"at step {position}"
        session.navigator.step_forward()
    assert seen > 100


@pytest.mark.parametrize("name", NETWORKS)
def test_the_number_that_is_computed_is_written_out_and_in_sight(hall_of: HallOf, name: str) -> None:
    session, picture = hall_of(NETWORKS[name](), SCREENS[0])
    for _ in range(len(session.moment.steps)):
        session.navigator.step_forward()
        moment, canvas = session.moment, picture.canvas
        if picture.stage.rect_in_focus() is None:
            continue
        assert canvas.can_be_read(moment), moment.written
        rect = picture.stage.rect_in_focus().translated(picture.stage.pos().toPointF())
        assert canvas.viewport().rect().adjusted(-1, -1, 1, 1).contains(rect.toAlignedRect()), moment.written


def test_a_wide_network_is_shown_around_its_step(hall_of: HallOf, tmp_path: Path) -> None:
    experiment = dense((40, 30, 20), 2)
    session, picture = hall_of(experiment, SCREENS[0])
    session.navigator.step_forward()
    assert picture.canvas.zoom > 1
    assert picture.canvas.can_be_read(session.moment)
    smallest = min(pixels for _, pixels in texts_of(picture, tmp_path / "hall.svg"))
    assert smallest >= SHARE * SCREENS[0][1]


def test_zoom_is_the_same_at_each_return(hall_of: HallOf) -> None:
    session, picture = hall_of(dense((12, 9, 4), 2), SCREENS[0])
    zooms = []
    for _ in range(6):
        session.navigator.step_forward()
        zooms.append(picture.canvas.zoom)
    for zoom in zooms[-2::-1]:
        session.navigator.step_back()
        assert picture.canvas.zoom == zoom


def test_larger_text_is_larger_and_never_smaller_than_needed(hall_of: HallOf) -> None:
    _, picture = hall_of(article(), SCREENS[0])
    usual_scale = picture.appearance.scale
    picture.enlarge(1)
    assert picture.appearance.scale > usual_scale
    picture.enlarge(-5)
    assert picture.appearance.scale == usual_scale
