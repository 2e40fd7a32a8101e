"""Pictures of the window's parts: copied by a key, copied and saved by the menu of each part, exported by a dialog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QSize
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QMenu, QWidget

from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.board.slot import ViewSlot
from chainrule.ui.board.tabbed_card import TabbedCard
from chainrule.ui.equation.view import EquationView
from chainrule.ui.files.files import Files
from chainrule.ui.plots.gradient_plot import GradientPlot
from chainrule.ui.plots.loss_plot import LossPlot
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.moment_card import MomentCard

if TYPE_CHECKING:
    from chainrule.ui.pictures.animations import AnimationMaker
    from chainrule.ui.pictures.dialog import PictureChoice
    from chainrule.ui.pictures.frames import AnimationChoice
    from chainrule.ui.pictures.output import PictureFormat, PictureWriter
    from chainrule.ui.pictures.subjects import PictureMaker, PictureSubject

# For slides: twice as many dots as on a usual screen.
USUAL_SCALE = 2
NO_ANIMATION = gettext_noop("An animation shows the numbers that you predict: turn Predict off first (Q).")
SUFFIXES = {"PNG": ".png", "SVG": ".svg", "PDF": ".pdf"}
FORMATS = {suffix: name for name, suffix in SUFFIXES.items()}


class Pictures(QObject):
    """Makes pictures of what the window shows; what that takes is imported when the first is asked for."""

    def __init__(
        self,
        session: Session,
        appearance: Appearance,
        files: Files,
        sheets: tuple[StagePanel, EquationView],
        plots: tuple[LossPlot, GradientPlot],
        tabs: TabbedCard,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._appearance, self._files, self._window = session, appearance, files, window
        (self._stage, self._equation), self._plots, self._tabs = sheets, plots, tabs
        # What was chosen in the dialog the last time.
        self._chosen: PictureChoice | None = None
        for part in (self._stage, self._equation, *plots, tabs):
            self.watch(part)

    def watch(self, part: QWidget) -> None:
        """Give a part of the window its menu."""
        part.installEventFilter(self)

    @cached_property
    def maker(self) -> PictureMaker:
        """What makes the pictures."""
        from chainrule.ui.pictures.subjects import PictureMaker  # noqa: PLC0415 - not for the first paint

        return PictureMaker(self._session, self._appearance)

    @cached_property
    def writer(self) -> PictureWriter:
        """What writes the files."""
        from chainrule.ui.pictures.output import PictureWriter  # noqa: PLC0415 - not for the first paint

        return PictureWriter(self._session.signals, self._window)

    @cached_property
    def animations(self) -> AnimationMaker:
        """What makes animations."""
        from chainrule.ui.pictures.animations import AnimationMaker  # noqa: PLC0415 - Pillow, when it is asked for

        return AnimationMaker(self._session, self.maker, self._window)

    # What there is

    def subjects(self) -> list[PictureSubject]:
        """Return all that there are pictures of now."""
        from chainrule.ui.pictures.subjects import PictureSubject, sheet_subjects  # noqa: PLC0415 - not for the first paint

        found = sheet_subjects(self._session.moment)
        session = self._session
        for plot in self._plots:
            kind = type(plot)
            make: Callable[[Appearance, QWidget], MomentCard] = partial(_made, kind, session)
            found.append(PictureSubject(plot.objectName(), plot.header.title, plot, make))
        for tab in self._tabs.there:
            # There is no picture of what is covered.
            if (view := self._tabs.view(tab.id)).cover is None:
                found.append(PictureSubject(f"tab_{tab.id}", gettext(tab.title), view, partial(self._tabs.make, tab)))
        return found

    def subject_of(self, part: QWidget | None) -> PictureSubject:
        """Return what a part of the window shows; of any other the network stands for it."""
        subjects = {subject.id: subject for subject in self.subjects()}
        of_views = {subject.live: subject for subject in subjects.values() if subject.live is not None}
        while part is not None:
            if part is self._equation:
                return subjects["derivation" if self._equation.shows_derivation else "equation"]
            if part is self._tabs and (chosen := subjects.get(f"tab_{self._tabs.chosen.id}")) is not None:
                return chosen
            shown = part.view if isinstance(part, ViewSlot) else part
            if shown in of_views:
                return of_views[shown]
            part = part.parentWidget()
        return subjects["stage"]

    def size_of(self, subject: PictureSubject) -> QSize:
        """Return the size that a subject has on the screen."""
        stage, equation = self._stage.size(), self._equation.size()
        if subject.live is not None:
            return subject.live.size()
        sizes = {"stage": stage, "stage_and_equation": QSize(stage.width(), stage.height() + equation.height())}
        return sizes.get(subject.id, equation)

    def _usual(self, subject: PictureSubject) -> PictureChoice:
        """Return what a key or a menu makes of a subject: dots, as on the screen."""
        from chainrule.ui.pictures.dialog import PictureChoice  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.pictures.subjects import Look  # noqa: PLC0415 - not for the first paint

        return PictureChoice(subject, Look(self._appearance.is_dark, self.size_of(subject)), "PNG", USUAL_SCALE)

    # What is done with it

    def copy_focused(self) -> None:
        """Put a picture of the part that has the keyboard on the clipboard."""
        self.copy(self._usual(self.subject_of(self._window.focusWidget())))

    def copy(self, choice: PictureChoice) -> str:
        """Put a picture on the clipboard, and say so; return what was said."""
        from chainrule.ui.pictures.formats import PictureTooLargeError  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.pictures.output import copy_picture  # noqa: PLC0415 - not for the first paint

        try:
            with self.maker.picture(choice.subject, choice.look) as picture:
                copy_picture(picture, self._form(choice))
        except PictureTooLargeError as error:
            self._session.signals.noticed.emit(str(error))
            return str(error)
        said = f"{choice.subject.name} copied as a picture, {choice.format}."
        self._session.signals.informed.emit(said)
        return said

    def save(self, choice: PictureChoice) -> None:
        """Ask for a file, and save a picture to it."""
        title = f"{choice.subject.name} as {choice.format}"
        part = choice.subject.name.lower()
        use, suffix = partial(self.save_to, choice), SUFFIXES[choice.format]
        self._files.chooser.choose_export(title, suffix, use, part, others=tuple(FORMATS))

    def save_to(self, choice: PictureChoice, path: Path) -> None:
        """Save a picture to a file, and say so; the ending of its name says in which format, if it is one of them."""
        from chainrule.ui.pictures.formats import PictureTooLargeError  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.pictures.output import encoded_picture  # noqa: PLC0415 - not for the first paint

        choice = replace(choice, format=FORMATS.get(path.suffix.lower(), choice.format))
        try:
            with self.maker.picture(choice.subject, choice.look) as picture:
                data = encoded_picture(picture, self._form(choice))
        except PictureTooLargeError as error:
            self._session.signals.noticed.emit(str(error))
            return
        self.writer.save(path, (data,), choice.subject.name)

    def _form(self, choice: PictureChoice) -> PictureFormat:
        from chainrule.ui.pictures.output import PictureFormat  # noqa: PLC0415 - not for the first paint

        return PictureFormat(choice.format, choice.scale, self.maker.ground(choice.look))

    def export(self, subject: PictureSubject | None = None) -> None:
        """Ask what is wanted of which part, begin with the one that has the keyboard, and copy or save it."""
        from chainrule.ui.pictures.dialog import PictureDialog  # noqa: PLC0415 - not for the first paint

        subject = subject or self.subject_of(self._window.focusWidget())
        dialog = PictureDialog(self._appearance, self.subjects(), self.maker, self.size_of, self._window)
        usual = self._usual(subject)
        dialog.begin(usual if self._chosen is None else replace(self._chosen, subject=subject))
        dialog.copy_button.clicked.connect(lambda: dialog.tell(self.copy(self._keep(dialog.choice))))
        dialog.save_button.clicked.connect(dialog.accept)
        dialog.accepted.connect(lambda: self.save(self._keep(dialog.choice)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def print_pages(self) -> None:
        """Show the pages that would be printed: the network with the equation, and the derivation where there is one;
        a plot or a tab that has the keyboard is alone on one.
        """
        from chainrule.ui.pictures.printing import print_preview  # noqa: PLC0415 - not for the first paint

        subject = self.subject_of(self._window.focusWidget())
        pages = [subject]
        if subject.live is None:
            pages = [each for each in self.subjects() if each.id in ("stage_and_equation", "derivation")]
        print_preview(self.maker, pages, self._session.experiment.title or "Chainrule", self._window)

    def animate(self) -> None:
        """Ask how the iteration on the screen is to move, and for a file, and write it there."""
        from chainrule.ui.pictures.animated import ffmpeg_path  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.pictures.animation_dialog import AnimationDialog  # noqa: PLC0415 - as above

        self._session.state.wait_for_engine()
        if self._session.moment.covers:
            self._session.signals.informed.emit(gettext(NO_ANIMATION))
            return
        subjects = [each for each in self.subjects() if each.id in ("stage", "stage_and_equation")]
        has_ffmpeg = ffmpeg_path() is not None
        dialog = AnimationDialog(self._appearance, subjects, self.size_of, has_ffmpeg=has_ffmpeg, parent=self._window)
        dialog.accepted.connect(lambda: self._save_animation(dialog.choice))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save_animation(self, choice: AnimationChoice) -> None:
        title, part = f"Animation as {choice.format}", f"iteration {self._session.cursor.iteration}"
        use = partial(self.animations.save_to, choice)
        self._files.chooser.choose_export(title, f".{choice.format.lower()}", use, part)

    def _keep(self, choice: PictureChoice) -> PictureChoice:
        self._chosen = choice
        return choice

    # The menu of each part

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open the menu of a part where nothing in it has one of its own."""
        if isinstance(event, QContextMenuEvent) and isinstance(watched, QWidget):
            if watched is self._stage and event.reason() == QContextMenuEvent.Reason.Mouse:
                self._select_at(event.globalPos())
            menu = self.menu_of(watched)
            menu.popup(event.globalPos())
            return True
        return False

    def _select_at(self, place: QPoint) -> None:
        """Select the number under the mouse: the menu is about that one."""
        stage = self._stage.stage
        found = stage.value_at(QPointF(stage.mapFromGlobal(place)))
        if found is not None:
            self._session.selector.select(*found)

    def menu_of(self, part: QWidget) -> QMenu:
        """Return what can be done with a part of the window; the menu is gone once it is closed."""
        subject, menu = self.subject_of(part), QMenu(self._window)
        menu.setObjectName("picture.menu")
        menu.aboutToHide.connect(menu.deleteLater)
        choice = self._usual(subject)
        menu.addAction(gettext("Copy as picture"), lambda: self.copy(choice))
        menu.addAction(gettext("Save picture…"), lambda: self.export(subject))
        if part in (self._stage, self._equation):
            self._offer_formulas(menu, subject.id == "derivation")
        if part in (self._stage, self._equation) or subject.id == "tab_state":
            self._offer_check(menu)
        return menu

    def _offer_check(self, menu: QMenu) -> None:
        """Offer to check a person's own number of what is selected, as the keys do, in the tab and at the equation, and
        to make it a question of the experiment.
        """
        found = (self._window.findChild(QAction, name) for name in ("edit.check", "edit.own_number", "edit.ask"))
        actions = [action for action in found if action is not None]
        if self._session.moment.selection is not None:
            menu.addSeparator()
            menu.addActions(actions)

    def _offer_formulas(self, menu: QMenu, with_derivation: bool) -> None:
        """Offer the equation, and the derivation where that is shown, as texts."""
        from chainrule.ui.pictures.formula_texts import derivation_texts, equation_texts  # noqa: PLC0415 - as above

        moment = self._session.moment
        for name, texts in (
            ("Equation", equation_texts(moment)),
            ("Derivation", derivation_texts(moment) if with_derivation else {}),
        ):
            if texts:
                menu.addSeparator()
            for language, text in texts.items():
                menu.addAction(
                    gettext("Copy {name} as {language}", name=name.lower(), language=language),
                    partial(self._copy_text, name, language, text),
                )

    def _copy_text(self, name: str, language: str, text: str) -> None:
        from chainrule.ui.pictures.output import copy_text  # noqa: PLC0415 - not for the first paint

        copy_text(text)
        self._session.signals.informed.emit(f"{name} copied as {language}.")


def _made(
    kind: type[LossPlot] | type[GradientPlot], session: Session, appearance: Appearance, parent: QWidget
) -> MomentCard:
    """Return a plot that is not shown anywhere yet."""
    return kind(session, appearance, parent)
