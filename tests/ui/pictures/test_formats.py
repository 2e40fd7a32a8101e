"""The formats: what is painted is in each of them, of the right size, with its words; what is too large is refused."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from pytestqt.qtbot import QtBot

from chainrule.ui.pictures.formats import PictureTooLargeError, StillPicture, as_image, as_pdf, as_png, as_svg
from chainrule.ui.style.appearance import LIGHT, Appearance
from chainrule.ui.style.painting import draw_stretched
from tests.ui.pictures.seen import has_color, labels_of, of_pdf, of_png, of_svg

SIZE, WORDS, NARROW, RED = QSize(200, 80), "δ₁ < 0 & more", "−1.234·10⁻⁵", "#c01020"


@pytest.fixture
def picture(qtbot: QtBot) -> StillPicture:
    appearance = Appearance(kept=(LIGHT, 1.0))

    def paint(painter: QPainter) -> None:
        painter.setFont(appearance.font(14))
        painter.setPen(QColor(RED))
        painter.drawText(QPointF(10, 24), WORDS)
        narrow = appearance.font(14, mono=True)
        narrow.setStretch(50)
        painter.setFont(narrow)
        draw_stretched(painter, QRectF(10, 30, 180, 20), Qt.AlignmentFlag.AlignLeft, NARROW)
        painter.save()
        # As pyqtgraph draws: in a plot's own units, with a pen of so many pixels.
        painter.scale(100, 0.5)
        pen = QPen(QColor(RED), 2)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLine(QLineF(0.1, 140, 1.8, 140))
        painter.restore()

    return StillPicture("A test", SIZE, paint)


def width_of(data: bytes) -> float:
    """Return how far the widest path of an SVG reaches to the right."""
    root, found = ElementTree.fromstring(data), 0.0
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        if path.get("aria-label") is None:
            numbers = path.get("d", "").replace("M", " ").replace("L", " ").replace("C", " ").replace("Z", " ")
            found = max([found, *(float(pair.split(",")[0]) for pair in numbers.split())])
    return found


def test_a_png_has_the_scale_its_title_and_no_ground_unless_one_is_asked_for(picture: StillPicture) -> None:
    image = of_png(as_png(picture, 3, None))
    assert image.size() == SIZE * 3
    assert image.text("Title") == "A test"
    assert image.dotsPerMeterX() == round(3 * 96 / 0.0254)
    assert image.pixelColor(0, 0).alpha() == 0
    assert has_color(image, RED)
    assert of_png(as_png(picture, 1, QColor("#123456"))).pixelColor(0, 0) == QColor("#123456")


def test_letters_of_an_svg_are_outlines_that_say_what_they_are(picture: StillPicture) -> None:
    data = as_svg(picture, None)
    assert labels_of(data) == [WORDS]
    assert b"font-family" not in data
    image, reference = of_svg(data, SIZE), as_image(picture, 1, QColor("white"))
    assert has_color(image, RED)
    # The outlines are where the letters are.
    for x in range(0, SIZE.width(), 10):
        columns = [
            sum(drawn.pixelColor(x + dx, y).lightness() < 200 for dx in range(10) for y in range(SIZE.height()))
            for drawn in (image, reference)
        ]
        assert abs(columns[0] - columns[1]) <= 20, x


def test_narrow_letters_stay_narrow_in_an_svg(picture: StillPicture) -> None:
    # Eleven letters of half of 8.4 pixels.
    assert width_of(as_svg(picture, None).split(b"<polyline")[0] + b"</g></g></svg>") < 10 + 11 * 4.5


def test_lines_of_a_plot_are_as_wide_in_an_svg_as_on_the_screen(picture: StillPicture) -> None:
    data = as_svg(picture, None)
    assert b"vector-effect" not in data
    line = next(each for each in ElementTree.fromstring(data).iter() if each.tag.endswith("}polyline"))
    assert line.get("points", "").split() == ["10,70", "180,70"]
    image = of_svg(data, SIZE)
    rows = [y for y in range(SIZE.height()) if image.pixelColor(100, y).lightness() < 200]
    assert [y for y in rows if y > 55] == [69, 70]


def test_a_pdf_has_one_page_of_its_size_with_text_that_can_be_searched(picture: StillPicture) -> None:
    texts, image = of_pdf(as_pdf(picture, QColor("#fafbfc")))
    assert len(texts) == 1
    assert WORDS in texts[0]
    assert image.size() == SIZE
    assert image.pixelColor(0, 0) == QColor("#fafbfc")
    assert has_color(image, RED)


@pytest.mark.parametrize("size", [QSize(10_001, 10_000), QSize(1, 33_000)])
def test_what_is_too_large_is_refused_before_memory_is_taken(size: QSize) -> None:
    picture = StillPicture("Large", size, lambda _: pytest.fail("was painted"))
    with pytest.raises(PictureTooLargeError, match=r"PNG of .* dots is too large"):
        as_image(picture, 1, None)
