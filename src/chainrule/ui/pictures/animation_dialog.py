"""File > Export animation: what, as GIF or MP4, how fast, in which size and colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.asking.dialog_form import DialogForm
from chainrule.ui.pictures.dialog import COLOURS, DARK_COLOURS, FIELD, LIGHT_COLOURS, SIZES
from chainrule.ui.pictures.frames import AnimationChoice
from chainrule.ui.pictures.subjects import Look, PictureSubject
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label

ANIMATED = {
    "GIF": "Moves in every slide, web page and chat; at most 256 colours a frame",
    "MP4": "A video, by ffmpeg: smaller, and can be paused",
}
PACES = {f"{seconds:g} s": f"{seconds:g} seconds for each micro-step" for seconds in (0.5, 1, 1.5, 2, 3, 5)}
USUAL_PACE = "1.5 s"
DOTS = {"1 ×": "96 dots an inch", "2 ×": "192 dots an inch; the file is larger"}
NO_FFMPEG = gettext_noop("A video (MP4) needs ffmpeg, which is not installed here.")


class AnimationDialog(QDialog):
    """Asks for an animation of the iteration on the screen; `size_of` is the size of a subject there."""

    def __init__(
        self,
        appearance: Appearance,
        subjects: Sequence[PictureSubject],
        size_of: Callable[[PictureSubject], QSize],
        *,
        has_ffmpeg: bool,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("animation.dialog")
        self.setWindowTitle(gettext("Export animation"))
        self._appearance, self._size_of = appearance, size_of
        self._subjects = {subject.name: subject for subject in subjects}
        form = DialogForm(appearance, FIELD, self)
        formats = {name: tip for name, tip in ANIMATED.items() if has_ffmpeg or name != "MP4"}
        self.what = form.choose("animation.what", gettext("&What"), dict.fromkeys(self._subjects, ""))
        self.format = form.choose("animation.format", gettext("&Format"), formats)
        self.pace = form.choose("animation.pace", gettext("&Each micro-step"), PACES, USUAL_PACE)
        colours = DARK_COLOURS if appearance.is_dark else LIGHT_COLOURS
        self.colours = form.choose("animation.colours", gettext("Co&lours"), COLOURS, colours)
        self.size_field = form.choose(
            "animation.size", gettext("Si&ze"), {name: tip for name, (tip, _) in SIZES.items()}
        )
        self.scale = form.choose("animation.scale", gettext("&Dots for each pixel"), DOTS)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.save_button = QPushButton(gettext("&Save…"), self)
        self.save_button.setObjectName("animation.save_button")
        self.save_button.setToolTip(gettext("Choose a file, and write the animation to it"))
        self.save_button.setDefault(True)
        buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        if not has_ffmpeg:
            column.addWidget(Label(appearance, gettext(NO_FFMPEG), self, size=SMALL, color="muted"))
        column.addWidget(buttons)

    @property
    def choice(self) -> AnimationChoice:
        """What is chosen."""
        subject = self._subjects[self.what.choice]
        size = SIZES[self.size_field.choice][1] or self._size_of(subject)
        look = Look(self.colours.choice == DARK_COLOURS, size)
        scale, seconds = (field.choice.split()[0] for field in (self.scale, self.pace))
        return AnimationChoice(subject.id, look, self.format.choice, int(scale), float(seconds))
