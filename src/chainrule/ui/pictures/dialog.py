"""File > Export picture: what, in which format, colours and size, with a preview; copied, or saved to a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPushButton,
    QWidget,
)

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.asking.dialog_form import DialogForm
from chainrule.ui.pictures.formats import PDF, PNG, SVG, PictureTooLargeError, as_image
from chainrule.ui.pictures.subjects import Look, PictureMaker, PictureSubject
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import drawing
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip

FIELD, PREVIEW, SQUARE = 190, QSize(420, 300), 10
FORMATS = {
    PNG: "Dots: for slides, web pages and word processors",
    SVG: "Lines, for slides and web pages: sharp at any size; letters are outlines and look the same everywhere",
    PDF: "Lines, for LaTeX: \\includegraphics{…}; its text can be searched",
}
LIGHT_COLOURS, DARK_COLOURS = "light", "dark"
COLOURS = {LIGHT_COLOURS: "Dark on white, for paper and bright rooms", DARK_COLOURS: "Light on dark, for dark slides"}
SCALES = {f"{scale} ×": f"{scale * 96} dots an inch" for scale in (1, 2, 3, 4)}
AS_SHOWN = gettext_noop("as in the window")
SIZES = {
    AS_SHOWN: ("What is shown has the same place as on the screen", None),
    "slide, 16:9": ("1280 × 720 pixels, a whole slide", QSize(1280, 720)),
    "slide, 4:3": ("1024 × 768 pixels, a whole slide", QSize(1024, 768)),
    "half a slide": ("640 × 480 pixels", QSize(640, 480)),
    "width of a page": ("640 pixels wide, as a page's text is", QSize(640, 400)),
}


@dataclass(frozen=True, slots=True)
class PictureChoice:
    """What was chosen in the dialog."""

    subject: PictureSubject
    look: Look
    format: str
    scale: int


class PictureDialog(QDialog):
    """Asks for a picture. `copy` and `save` do it; a copied one leaves the dialog open, for the next.

    `size_of` is the size of a subject on the screen.
    """

    def __init__(
        self,
        appearance: Appearance,
        subjects: Sequence[PictureSubject],
        maker: PictureMaker,
        size_of: Callable[[PictureSubject], QSize],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("picture.dialog")
        self.setWindowTitle(gettext("Export picture"))
        self._appearance, self._maker, self._size_of = appearance, maker, size_of
        self._subjects = {subject.name: subject for subject in subjects}
        # A large network takes a moment to be drawn: the choice is seen first.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._show_preview)
        self._form = DialogForm(appearance, FIELD, self)
        self._make_fields()
        self.preview = _Preview(appearance, self)
        self._note = Label(appearance, "", self, size=SMALL, color="muted")
        self._note.setObjectName("picture.note")
        self._note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.copy_button, self.save_button = QPushButton(gettext("&Copy"), self), QPushButton(gettext("&Save…"), self)
        for button, name, tip in (
            (self.copy_button, "picture.copy_button", "Put the picture on the clipboard"),
            (self.save_button, "picture.save_button", "Save the picture to a file"),
        ):
            button.setObjectName(name)
            button.setToolTip(plain_tip(tip))
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        self.save_button.setDefault(True)
        buttons.rejected.connect(self.reject)
        self._form.stand_beside(self.preview, self._note, buttons)
        self._later.start(0)

    def _make_fields(self) -> None:
        names = dict.fromkeys(self._subjects, "")
        self.what = self._form.choose("picture.what", gettext("&What"), names)
        self.format = self._form.choose("picture.format", gettext("&Format"), FORMATS)
        self.colours = self._form.choose("picture.colours", gettext("Co&lours"), COLOURS)
        self.size_field = self._form.choose(
            "picture.size", gettext("Si&ze"), {name: tip for name, (tip, _) in SIZES.items()}
        )
        self.scale = self._form.choose("picture.scale", gettext("&Dots for each pixel"), SCALES, "2 ×")
        for field in (self.what, self.format, self.colours, self.size_field, self.scale):
            field.choice_edited.connect(self._change)
        self.clear = self._form.check("picture.clear", "no ground", "What is behind the picture shows through")
        self.words = self._form.check("picture.words", "title, legend and words", "Also what is said of it")
        self.marks = self._form.check(
            "picture.marks", "mark the selected number", "With the frame around what is selected"
        )
        for box in (self.clear, self.words, self.marks):
            box.setChecked(box is not self.clear)
            box.toggled.connect(self._change)

    def begin(self, choice: PictureChoice) -> None:
        """Begin with a choice; of what there is nothing to be shown now, the first takes the place."""
        if choice.subject.name in self._subjects:
            self.what.set_choice(choice.subject.name)
        self.format.set_choice(choice.format)
        self.colours.set_choice(DARK_COLOURS if choice.look.is_dark else LIGHT_COLOURS)
        self.scale.set_choice(f"{choice.scale} ×")
        self.clear.setChecked(choice.look.clear)
        self.words.setChecked(choice.look.words)
        self.marks.setChecked(choice.look.marks)
        self._change()

    @property
    def choice(self) -> PictureChoice:
        """What is chosen."""
        subject = self._subjects[self.what.choice]
        size = SIZES[self.size_field.choice][1] or self._size_of(subject)
        look = Look(
            is_dark=self.colours.choice == DARK_COLOURS,
            size=size,
            marks=self.marks.isChecked(),
            words=self.words.isChecked(),
            clear=self.clear.isChecked(),
        )
        return PictureChoice(subject, look, self.format.choice, int(self.scale.choice.split()[0]))

    def _change(self) -> None:
        self._form.setRowVisible(self.scale, self.format.choice == PNG)
        is_sheet = self._subjects[self.what.choice].make is None
        self._form.setRowVisible(self.words, is_sheet)
        self._form.setRowVisible(self.marks, is_sheet and "stage" in self._subjects[self.what.choice].id)
        self._later.start(0)

    def _show_preview(self) -> None:
        """Draw what would come out, smaller, and say how large it will be."""
        choice, room = self.choice, self.preview.size() * self.devicePixelRatio()
        with self._maker.picture(choice.subject, choice.look) as picture:
            size = picture.size
            fits = min(room.width() / size.width(), room.height() / size.height(), 2 * self.devicePixelRatio())
            try:
                image = as_image(picture, fits, self._maker.ground(choice.look))
            except PictureTooLargeError as error:
                self.tell(str(error))
                return
        image.setDevicePixelRatio(self.devicePixelRatio())
        self.preview.show_picture(image, choice.look.is_dark)
        if choice.format == PNG:
            dots = size * choice.scale
            self.tell(f"{dots.width():,} × {dots.height():,} dots")
        else:
            self.tell(f"{size.width():,} × {size.height():,} pixels, sharp at any size")

    def tell(self, text: str) -> None:
        """Say something below the fields: how large the picture will be, or that it was copied."""
        self._note.setText(text)


class _Preview(PlainLabel):
    """The picture, as large as there is room; squares behind it where it has no ground."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent=parent)
        self.setObjectName("picture.preview")
        self.setAccessibleName(gettext("Preview"))
        self.setFixedSize(PREVIEW * appearance.scale)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def show_picture(self, image: QImage, is_dark: bool) -> None:
        """Show another picture."""
        shown = QPixmap(image.size())
        shown.setDevicePixelRatio(image.devicePixelRatio())
        # The squares stand for nothing, and are dark below a dark picture.
        light, dark = ("#2a2f38", "#20242b") if is_dark else ("#ffffff", "#e9ebef")
        shown.fill(QColor(light))
        size = image.deviceIndependentSize().toSize()
        with drawing(shown) as painter:
            for across in range(0, size.width(), SQUARE):
                for down in range(0, size.height(), SQUARE):
                    if (across + down) // SQUARE % 2:
                        painter.fillRect(across, down, SQUARE, SQUARE, QColor(dark))
            painter.drawImage(0, 0, image)
        self.setPixmap(shown)
