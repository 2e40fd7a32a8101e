"""Making an animation of the iteration on the screen, in slices, with its progress and a way to give it up."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QProgressDialog, QWidget

from chainrule.model.files.disk import Written, replacing
from chainrule.session.files.writer import Work
from chainrule.session.screen.walking import moments_of_iteration
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.pictures.animated import MP4, gif_pieces, writing_video
from chainrule.ui.pictures.formats import PictureTooLargeError
from chainrule.ui.pictures.frames import AnimationChoice, frames_of
from chainrule.ui.pictures.output import PictureWriter
from chainrule.ui.pictures.subjects import PictureMaker

GIVEN_UP = gettext_noop("The animation was given up: nothing was written.")


class AnimationMaker(QObject):
    """Draws frames from moments of its own: what is on the screen stays there, and can be changed meanwhile."""

    def __init__(self, session: Session, maker: PictureMaker, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._maker, self._window = session, maker, window
        self._writer = PictureWriter(session.signals, window)
        self.progress: QProgressDialog | None = None

    def save_to(self, choice: AnimationChoice, path: Path) -> None:
        """Write the iteration on the screen to a file as an animation."""
        moments = list(moments_of_iteration(self._session.moment))
        progress = self._show_progress(path.name, 2 * len(moments))
        frames = self._counted(frames_of(self._maker, choice, moments), progress)
        work = (
            writing_video(path, frames, choice.seconds)
            if choice.format == MP4
            else replacing(path, gif_pieces(frames, choice.seconds))
        )
        self._writer.write(path, self._ended(work), "Animation")

    def _show_progress(self, name: str, count: int) -> QProgressDialog:
        progress = QProgressDialog(f"Drawing {name}", "Cancel", 0, count, self._window)
        progress.setObjectName("animation.progress")
        progress.setWindowTitle(gettext("Export animation"))
        progress.setAutoReset(False)
        progress.setAutoClose(False)
        progress.setMinimumDuration(0)
        progress.canceled.connect(self._give_up)
        progress.show()
        self.progress = progress
        return progress

    def _counted(self, frames: Iterator[QImage | None], progress: QProgressDialog) -> Iterator[QImage | None]:
        for place, frame in enumerate(frames, start=1):
            # It is not modal: where it is, Qt would handle other events within the slice.
            progress.setValue(place)
            yield frame

    def _ended(self, work: Work) -> Generator[None, None, Written]:
        """Do the work, and take its progress away however it ends."""
        try:
            return (yield from work)
        except PictureTooLargeError as error:
            raise OSError(str(error)) from None
        finally:
            self._end()

    def _end(self) -> None:
        progress, self.progress = self.progress, None
        if progress is not None:
            progress.canceled.disconnect(self._give_up)
            progress.close()
            progress.deleteLater()

    def _give_up(self) -> None:
        self._writer.cancel()
        self._end()
        self._session.signals.informed.emit(gettext(GIVEN_UP))
