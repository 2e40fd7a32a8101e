"""An experiment as a link: shown to be copied, also as a QR code, and read where one is pasted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPaintEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.sentences.refusals import as_sentence, refusal_in_words
from chainrule.model.files.links import MOST_CHARACTERS, experiment_of_link, is_link, link_of
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.files.exporting import changed_in_words
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.window.screen import within_screen

WIDTH, LINK_HEIGHT = 460, 96
# Of a QR code: what a module takes on the screen where there is room, and the white around it, in modules, as the
# standard (ISO/IEC 18004) wants it.
MODULE, QUIET, LARGEST = 5, 4, 380
# Of a code as a picture for a slide.
COPIED_MODULE = 8
SHARED = gettext_noop(
    "This link holds the experiment, as its file does: network, data, first weights and settings. Whoever pastes it "
    "with File, Open a link, has the same. The iterations are not in it: they are computed again."
)
ASKED = gettext_noop("Paste a link that somebody has sent you. It begins with chainrule: and may be broken into lines.")
Then = Callable[[], None]


class Sharing(QObject):
    """Shares the document of a window as a link, and opens one in its place."""

    def __init__(
        self,
        session: Session,
        appearance: Appearance,
        window: QWidget,
        *,
        show: Callable[[QDialog], None],
        after_saving: Callable[[Then], None],
        open_unsaved: Callable[[Experiment], None],
    ) -> None:
        """`show` shows a dialog, `after_saving` asks about unsaved work first, `open_unsaved` opens what is in no
        file.
        """
        super().__init__(window)
        self._session, self._appearance, self._window = session, appearance, window
        self._show, self._after_saving, self._open_unsaved = show, after_saving, open_unsaved

    def share(self) -> None:
        """Show the document as a link; where it is too large for one, say so in the window."""
        try:
            link = link_of(self._session.file.to_save)
        except SpecError as error:
            reason = refusal_in_words(error, self._session.experiment)
            self._session.signals.noticed.emit(f"There is no link of this experiment. {reason}")
            return
        self._show(ShareDialog(self._appearance, link, self._window, changed_in_words(self._session.document)))

    def ask_for_one(self) -> None:
        """Ask for a link, and open it; one that is on the clipboard is filled in."""
        self._after_saving(lambda: self._show(LinkDialog(self._appearance, self.open_text, self._window)))

    def open_text(self, text: str) -> None:
        """Open the experiment of a link, or raise `SpecError`."""
        self._open_unsaved(experiment_of_link(text))


class ShareDialog(QDialog):
    """A link to copy, and its QR code."""

    def __init__(self, appearance: Appearance, link: str, parent: QWidget, changed: str = "") -> None:
        """Show a link; `changed` is said of changes in the middle of training."""
        super().__init__(parent)
        self.setObjectName("file.share.dialog")
        self.setWindowTitle(gettext("Share as a link"))
        self._link = link
        self._code = qr_image(link)
        self._field = _field(appearance, "share_link", gettext("Link"), self)
        self._field.setReadOnly(True)
        self._field.setPlainText(link)
        self._said = Label(appearance, _length(link, self._code), self, size=SMALL, color="muted")
        self._said.setObjectName("share_said")
        self._said.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        copy = self._button(buttons, gettext("&Copy the link"), "share_copy", self._copy)
        copy.setDefault(True)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(_words(appearance, gettext(SHARED) + changed, self))
        column.addWidget(self._field)
        if self._code is not None:
            self._button(buttons, gettext("Copy the &QR code"), "share_copy_code", self._copy_code)
            column.addWidget(_Code(self._code, appearance, self), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._said)
        column.addWidget(buttons)
        width = max(appearance.size(WIDTH), self.sizeHint().width())
        self.resize(within_screen(self, width, max(self.sizeHint().height(), self.heightForWidth(width))))
        self.finished.connect(self.deleteLater)
        copy.setFocus()

    def _button(self, buttons: QDialogButtonBox, text: str, name: str, act: Then) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.clicked.connect(act)
        buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        return button

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._link)
        self._said.setText(gettext("The link was copied."))

    def _copy_code(self) -> None:
        code = self._code
        assert code is not None
        QGuiApplication.clipboard().setImage(code.scaled(code.size() * COPIED_MODULE))
        self._said.setText(gettext("The QR code was copied as a picture."))


class LinkDialog(QDialog):
    """Asks for a link. `take` opens it; it may refuse with `SpecError`, which is said below the field."""

    def __init__(self, appearance: Appearance, take: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("file.open_link.dialog")
        self.setWindowTitle(gettext("Open a link"))
        self._take = take
        self._field = _field(appearance, "link_text", gettext("Link"), self)
        self._field.setPlaceholderText(gettext("chainrule:1.…"))
        # One that is on the clipboard is most likely the one.
        copied = QGuiApplication.clipboard().text()[: 2 * MOST_CHARACTERS]
        if is_link(copied):
            self._field.setPlainText(copied.strip())
        self._problem = Label(appearance, "", self, size=SMALL, color="error")
        self._problem.setObjectName("link_problem")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self._field.textChanged.connect(self._problem.hide)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        open_it = QPushButton(gettext("&Open"), self)
        open_it.setObjectName("link_open")
        open_it.setDefault(True)
        buttons.addButton(open_it, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._open)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (_words(appearance, gettext(ASKED), self), self._field, self._problem, buttons):
            column.addWidget(widget)
        self.resize(within_screen(self, appearance.size(WIDTH), self.sizeHint().height()))
        self.finished.connect(self.deleteLater)
        self._field.setFocus()

    def _open(self) -> None:
        try:
            self._take(self._field.toPlainText())
        except SpecError as error:
            why = error.message if error.path == "link" else str(error)
            self._problem.setText(as_sentence(f"This cannot be opened: {why}"))
            self._problem.show()
            self._field.setFocus()
            return
        self.accept()


class _Code(QWidget):
    """A QR code, black on white whatever the theme is, each module as many whole pixels as fit."""

    def __init__(self, code: QImage, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("share_code")
        self.setAccessibleName(gettext("The link as a QR code"))
        self._code = code
        module = max(2, min(appearance.size(MODULE), appearance.size(LARGEST) // code.width()))
        self.setFixedSize(QSize(code.width(), code.height()) * module)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it, without smoothing its edges."""
        with painting(self) as painter:
            painter.drawImage(self.rect(), self._code)


def qr_image(text: str) -> QImage | None:
    """Return a text as a QR code with the white around it, a pixel a module; None where it is too long for one."""
    import segno  # noqa: PLC0415 - not for the first paint

    try:
        code = segno.make_qr(text, error="l", boost_error=True)
    except segno.DataOverflowError:
        return None
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(scale=1, border=QUIET)]
    side = len(rows)
    # A copy: the bytes live no longer than this function.
    return QImage(b"".join(rows), side, side, side, QImage.Format.Format_Grayscale8).copy()


def _length(link: str, code: QImage | None) -> str:
    characters = f"{len(link):,} characters"
    return characters if code is not None else f"{characters}, too many for a QR code: it holds 2,953."


def _words(appearance: Appearance, text: str, parent: QWidget) -> Label:
    label = Label(appearance, text, parent)
    label.setWordWrap(True)
    return label


def _field(appearance: Appearance, name: str, called: str, parent: QWidget) -> QPlainTextEdit:
    field = QPlainTextEdit(parent)
    field.setObjectName(name)
    field.setAccessibleName(called)
    field.setTabChangesFocus(True)
    field.setFont(appearance.font(SMALL, mono=True))
    field.setFixedHeight(appearance.size(LINK_HEIGHT))
    field.setWordWrapMode(field.wordWrapMode().WrapAnywhere)
    return field
