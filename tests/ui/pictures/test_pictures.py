"""Pictures of the window's parts: all of each, in both colours, and nothing on the screen is changed by it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage, QRegion
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.resource_files import resources_directory
from chainrule.ui.app import open_window
from chainrule.ui.pictures.formats import as_image, as_pdf, as_svg
from chainrule.ui.pictures.subjects import Look, PictureSubject
from chainrule.ui.plots.loss_plot import LossPlot
from chainrule.ui.style.appearance import DARK, LIGHT
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.tabs import TABS
from tests.session.reopening.reopened import train
from tests.ui.pictures.seen import furthest, has_color, labels_of, of_pdf, of_svg

SIZE = QSize(900, 560)


@pytest.fixture
def trained(window: MainWindow) -> MainWindow:
    """Some iterations on, in the middle of a backward pass."""
    for _ in range(4):
        window.actions_by_id["iteration.next"].trigger()
    while window.session.moment.written != refs.grad(refs.pre_activation(0)):
        window.actions_by_id["step.back"].trigger()
    return window


def subject(window: MainWindow, identifier: str) -> PictureSubject:
    return next(each for each in window.pictures.subjects() if each.id == identifier)


def shown(window: MainWindow, identifier: str, look: Look) -> tuple[QImage, bytes, bytes]:
    """Return one part as an image, an SVG and a PDF."""
    ground = window.pictures.maker.ground(look)
    with window.pictures.maker.picture(subject(window, identifier), look) as picture:
        return as_image(picture, 1, ground), as_svg(picture, ground), as_pdf(picture, ground)


def test_everything_that_shows_the_moment_is_offered(trained: MainWindow) -> None:
    names = [each.name for each in trained.pictures.subjects()]
    assert names[:6] == ["Network", "Network and equation", "Equation", "Equation and derivation", "Loss", "Gradients"]
    assert names[6:] == [tab.title for tab in TABS if tab.is_about(trained.session.experiment)]
    trained.session.selector.select(refs.INPUT, (0, 0))
    assert "Equation and derivation" not in [each.name for each in trained.pictures.subjects()]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_network_is_in_every_format_in_both_colours(trained: MainWindow, theme: object) -> None:
    assert theme in (LIGHT, DARK)
    colors = LIGHT if theme is LIGHT else DARK
    image, svg, pdf = shown(trained, "stage", Look(theme is DARK, SIZE))
    text, page = of_pdf(pdf)
    for drawn in (image, of_svg(svg, image.size()), page):
        assert drawn.size() == image.size() == SIZE
        assert drawn.pixelColor(1, 1).name() == colors.surface
        for color in (colors.positive, colors.negative, colors.backward, colors.read_border):
            assert has_color(drawn, color, least=8), color
    labels = labels_of(svg)
    for word in ("Backward · layer 1 · gradient of z (δ)", "iteration 3 · micro-step 11 of 17", "h₁", "ReLU", "Loss"):
        assert any(word in each for each in labels), word
        assert word.split(" · ")[0] in text[0]


def test_a_picture_of_the_network_is_drawn_as_the_window_draws_it(trained: MainWindow) -> None:
    stage = trained.stage_panel.stage
    maker, look = trained.pictures.maker, Look(trained.appearance.is_dark, SIZE, words=False)
    sheet = maker.sheet("stage", look)
    sheet.show_moment(trained.session.moment, QSize(stage.width() + 32, stage.height() + 32))
    assert sheet.stage.size() == stage.size()
    own = QImage(stage.size(), QImage.Format.Format_RGB32)
    own.fill(trained.appearance.theme.tint("#000000", 0))
    sheet.stage.render(own, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    # The window lays what stays over what moves: soft edges are rounded twice there.
    assert furthest(own, stage.grab().toImage()) <= 2
    sheet.deleteLater()


def test_the_frame_of_what_is_selected_is_left_out_on_request(trained: MainWindow) -> None:
    trained.session.selector.select(refs.weight(0), (0, 0))
    frame = LIGHT.focus_ground(LIGHT.link).name()
    assert has_color(shown(trained, "stage", Look(False, SIZE))[0], frame, least=200, near=0)
    assert not has_color(shown(trained, "stage", Look(False, SIZE, marks=False))[0], frame, least=200, near=0)


def test_a_large_network_is_in_the_picture_as_a_whole(trained: MainWindow) -> None:
    trained.stage_panel.canvas.zoom_by(4.0)
    image, svg, _ = shown(trained, "stage", Look(False, SIZE))
    assert image.size() == SIZE
    assert {"x₁", "x₂", "h₁", "h₂", "ŷ", "Loss"} <= set(labels_of(svg))


@pytest.mark.parametrize("identifier", ["stage", "stage_and_equation"])
@pytest.mark.parametrize("width", [700, 760])
def test_a_low_picture_has_all_weights_on_their_lines(trained: MainWindow, identifier: str, width: int) -> None:
    """As the window has them on the lowest stage that it gives itself, beside an unfolded derivation."""
    while trained.session.moment.written != refs.grad(refs.weight(1)):
        trained.actions_by_id["step.back"].trigger()
    shown_weights = labels_of(shown(trained, identifier, Look(False, QSize(width, 200)))[1])
    assert {"w₁₁", "w₁₂", "w₂₁", "w₂₂", "w₁", "w₂"} <= set(shown_weights)


def test_the_equation_stands_with_its_words_or_alone(trained: MainWindow) -> None:
    image, svg, _ = shown(trained, "equation", Look(False, SIZE))
    assert any("The slope of ReLU" in each for each in labels_of(svg))
    assert image.width() <= SIZE.width()
    assert has_color(image, LIGHT.negative)
    alone, bare, _ = shown(trained, "equation", Look(False, SIZE, words=False))
    assert not any("The slope of ReLU" in each for each in labels_of(bare))
    assert alone.height() < image.height()
    assert has_color(alone, LIGHT.negative)


def test_the_derivation_is_there_with_every_row(trained: MainWindow) -> None:
    _, svg, pdf = shown(trained, "derivation", Look(False, SIZE))
    for word in ("The chain rule:", "MSELoss", "Identity", "weighted sum", "multiplied"):
        assert word in labels_of(svg)
        assert word in of_pdf(pdf)[0][0]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_plots_show_their_curves(trained: MainWindow, theme: object) -> None:
    colors = LIGHT if theme is LIGHT else DARK
    image, svg, pdf = shown(trained, "loss_plot", Look(theme is DARK, QSize(420, 260)))
    for drawn in (image, of_svg(svg, image.size()), of_pdf(pdf)[1]):
        assert has_color(drawn, colors.loss)
        assert drawn.pixelColor(2, 2).name() == colors.surface
    assert {"Loss", "before the update", "0"} <= set(labels_of(svg))


def test_a_plot_is_looked_at_as_in_the_window(trained: MainWindow) -> None:
    assert not any("log" in each for each in labels_of(shown(trained, "loss_plot", Look(False, SIZE))[1]))
    trained.loss_plot.log.click()
    # What is on is said, and the axis has powers of ten, or numbers that are no equal steps.
    assert "log" in labels_of(shown(trained, "loss_plot", Look(False, SIZE))[1])
    trained.gradient_plot.by_layer.click()
    assert "norm" in labels_of(shown(trained, "gradient_plot", Look(False, SIZE))[1])
    assert trained.gradient_plot.by_layer.isChecked()


def test_a_table_is_there_with_all_its_rows(trained: MainWindow) -> None:
    _, svg, _ = shown(trained, "tab_state", Look(False, QSize(200, 40)))
    rows = {"weight", "gradient", "learning rate", "before", "after"}
    assert rows <= {each.strip() for each in labels_of(svg)}


def test_what_is_behind_a_clear_picture_shows_through(trained: MainWindow) -> None:
    for each in trained.pictures.subjects():
        image, _, _ = shown(trained, each.id, Look(True, SIZE, clear=True))
        assert image.pixelColor(1, 1).alpha() == 0, each.id
        corner = image.width() - 3, image.height() - 3
        assert image.pixelColor(*corner).alpha() == 0, each.id
        assert any(image.pixelColor(x, y).alpha() for x in range(0, image.width(), 3) for y in range(image.height()))


def test_nothing_on_the_screen_changes(trained: MainWindow, qtbot: QtBot) -> None:
    window, moment, palette = trained, trained.session.moment, QApplication.palette()
    kinds, before = {type(each) for each in QApplication.topLevelWidgets()}, window.grab().toImage()
    for each in window.pictures.subjects():
        shown(window, each.id, Look(True, SIZE))
    assert window.session.moment is moment
    assert QApplication.palette() == palette
    gc.collect()
    assert {type(each) for each in QApplication.topLevelWidgets()} <= kinds
    assert window.grab().toImage() == before


def test_the_key_copies_the_part_that_has_the_keyboard(trained: MainWindow) -> None:
    trained.stage_panel.stage.setFocus()
    trained.actions_by_id["picture.copy"].trigger()
    assert trained.notice.text == "Network copied as a picture, PNG."
    image = QGuiApplication.clipboard().image()
    assert image.width() >= 2 * trained.stage_panel.width()
    assert has_color(image, trained.appearance.theme.backward)


def test_each_part_has_a_menu(trained: MainWindow, qtbot: QtBot) -> None:
    window = trained
    parts = {
        window.stage_panel.stage: "Network",
        window.equation_view: "Equation",
        window.loss_plot.chart.viewport(): "Loss",
        window.tabs.view("slope"): "Slope",
    }
    for part, name in parts.items():
        place = part.rect().center()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, part.mapToGlobal(place))
        QApplication.sendEvent(part, event)
        menu = next(each for each in window.findChildren(QMenu, "picture.menu") if each.isVisible())
        copy, save = menu.actions()[:2]
        assert (copy.text(), save.text()) == ("Copy as picture", "Save picture…")
        copy.trigger()
        assert window.notice.text == f"{name} copied as a picture, PNG."
        menu.close()


def test_a_formula_has_pictures_too(qtbot: QtBot) -> None:
    path = resources_directory() / "experiments" / "cs231n-circuit.chainrule"
    for window in opened(qtbot, path):
        names = [each.name for each in window.pictures.subjects()]
        assert names[0] == "Formula"
        assert "Path" in names
        image, svg, _ = shown(window, "stage", Look(False, SIZE))
        assert {"x", "y", "z", "q", "f"} <= set(labels_of(svg))
        assert has_color(image, LIGHT.negative, least=5)


def opened(qtbot: QtBot, path: Path) -> Iterator[MainWindow]:
    window = open_window(path)
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    window.actions_by_id["iteration.next"].trigger()
    yield window
    window.session.file.mark_saved(None)
    window.close()


def test_the_right_button_of_the_mouse_selects_what_its_menu_is_about(trained: MainWindow, qtbot: QtBot) -> None:
    rect = trained.stage_panel.stage.rect_of(refs.weight(0), (0, 1))
    assert rect is not None
    qtbot.mouseClick(trained.stage_panel.stage, Qt.MouseButton.RightButton, pos=rect.center().toPoint())
    assert trained.session.selection is not None
    assert (trained.session.selection.ref, trained.session.selection.index) == (refs.weight(0), (0, 1))


def copied(window: MainWindow, part: QWidget, entry: str) -> str:
    menu = window.pictures.menu_of(part)
    next(each for each in menu.actions() if each.text() == entry).trigger()
    menu.deleteLater()
    return QGuiApplication.clipboard().text()


def test_formulas_are_copied_as_texts_and_that_is_said(trained: MainWindow) -> None:
    window = trained
    latex = copied(window, window.equation_view, "Copy equation as LaTeX")
    assert latex.startswith(r"\delta^{(1)}_1 = ")
    assert window.notice.text == "Equation copied as LaTeX."
    assert copied(window, window.stage_panel, "Copy equation as Markdown") == f"${latex}$"
    assert copied(window, window.stage_panel, "Copy equation as text").startswith("δ₁⁽¹⁾ = ")
    assert window.notice.text == "Equation copied as text."
    assert not any("derivation" in each.text() for each in window.pictures.menu_of(window.equation_view).actions())
    window.equation_view.unfold(True)
    assert r"\item MSELoss: $\displaystyle " in copied(window, window.equation_view, "Copy derivation as LaTeX")
    assert "- MSELoss: $" in copied(window, window.equation_view, "Copy derivation as Markdown")
    assert "MSELoss: " in copied(window, window.equation_view, "Copy derivation as text")
    assert window.notice.text == "Derivation copied as text."


def test_the_link_below_the_equation_says_that_it_was_copied(trained: MainWindow) -> None:
    trained.equation_view.copy_latex()
    assert trained.notice.text == "Equation copied as LaTeX."


def test_a_long_curve_is_as_fine_as_the_picture_is_wide(window: MainWindow) -> None:
    train(window.session, 2000)
    with window.pictures.maker.picture(subject(window, "loss_plot"), Look(False, QSize(1280, 720))):
        (plot,) = (each for each in QApplication.allWidgets() if isinstance(each, LossPlot) and each.width() == 1280)
        assert np.diff(plot.chart.curve_data(0)[0]).max() <= 2
