"""The main window: puts the parts together and passes each moment on to the views."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QElapsedTimer, QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from chainrule.model.importing.kinds import SUFFIXES
from chainrule.session.background.module_loader import ModuleLoader
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.files.settings import SettingsStore
from chainrule.session.lessons.progress import LessonProgress
from chainrule.session.referee import Referee
from chainrule.session.screen.deriving import selection_has_derivation
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.actions.action_set import ActionSet
from chainrule.ui.actions.commands import Commands
from chainrule.ui.board.board import ViewBoard
from chainrule.ui.board.kinds import GRADIENTS, LOSS
from chainrule.ui.board.places import ViewPlaces
from chainrule.ui.board.tabbed_card import TabbedCard
from chainrule.ui.checking.rules import show_rules
from chainrule.ui.equation.view import EquationView
from chainrule.ui.files.drops import FileDrops, one_by_ending
from chainrule.ui.files.files import Files
from chainrule.ui.files.remembering import Remembering
from chainrule.ui.folding.body import Body
from chainrule.ui.folding.folding import Folding
from chainrule.ui.folding.splitter import GAP
from chainrule.ui.importing.data_import import DataImport
from chainrule.ui.lesson.lessons import Lessons
from chainrule.ui.lesson.room import LessonRoom
from chainrule.ui.panels.experiment_panel import ExperimentPanel
from chainrule.ui.pictures.pictures import Pictures
from chainrule.ui.plots.gradient_plot import GradientPlot
from chainrule.ui.plots.loss_plot import LossPlot
from chainrule.ui.predicting.answers import Answers
from chainrule.ui.referee.badge import Badge
from chainrule.ui.runs.notices import tell
from chainrule.ui.stage.painting.layers import digits_in_run
from chainrule.ui.stage.panel import StagePanel, short_title
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.timeline.bar import TimelineBar
from chainrule.ui.widgets.controls import LinkButton
from chainrule.ui.widgets.fields import give_up_typing
from chainrule.ui.widgets.notice import NoticeBar
from chainrule.ui.widgets.plain_text import PlainLabel, title_text
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import ScrolledRoom
from chainrule.ui.window.beside import Beside
from chainrule.ui.window.faults import Faults
from chainrule.ui.window.finder import Finder
from chainrule.ui.window.hints import Hints
from chainrule.ui.window.keys import press_with_control
from chainrule.ui.window.menus import Menus
from chainrule.ui.window.panes import Pane, Panes
from chainrule.ui.window.qt_classes import ready_classes
from chainrule.ui.window.showing import do_each
from chainrule.ui.window.toolbar import ToolBar
from chainrule.ui.window.typed import TypedText
from chainrule.ui.window.views import Views

# In a run at full pace what is read rather than watched, such as the rows of the batch, is shown so often.
SLOW_MS = 250
# What nobody needs before there is an engine, and what then takes a moment to import: pyqtgraph, and autograd.
IDLE_MODULES = ("chainrule.engine.referee.verify", "chainrule.ui.plots.chart.chart")
IDLE_MS = 50
NO_DERIVATION = gettext_noop("There is no derivation of this: only a gradient that is computed has one.")


class MainWindow(QMainWindow):
    """One document on the screen. Views are shown moments; they speak to the session and not to each other."""

    closed = Signal()

    def __init__(self, session: Session, appearance: Appearance, settings: SettingsStore) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.settings, self.session, self.appearance = settings, session, appearance
        session.setParent(self)
        self.trainer = Trainer(session.state, session.navigator, session.signals, self)
        self.referee = Referee(session.state, self.trainer, session.signals, self)
        self.beside = Beside(session, self.trainer, self.referee, settings, appearance, self, leave=self.go_to_stage)
        self._readying = TimeSlicer(self)
        self._idle_loader = ModuleLoader(*IDLE_MODULES, parent=self)
        self._painted = False
        self._shown = QElapsedTimer()
        self._shown.start()
        self.views = Views(lambda: session.moment)
        self._make_views()
        self._make_actions()
        self._arrange()
        self._connect()
        self.resize(1280, 800)
        self.remembering.restore()
        self.board.suit(session.experiment, waits=True)
        self.refresh()

    def _make_views(self) -> None:
        session, appearance = self.session, self.appearance
        self.notice = NoticeBar(appearance, self)
        self.refusals = Refusals(appearance, self)
        self.experiment_panel = ExperimentPanel(session, appearance, self.refusals, self.views, self)
        self.stage_panel = StagePanel(session, appearance, self.refusals, self)
        self.equation_view = EquationView(session, appearance, self)
        self.loss_plot = LossPlot(session, appearance, self)
        self.gradient_plot = GradientPlot(session, appearance, self)
        self.tabs = TabbedCard(session, appearance, self.refusals, self.views, self)
        self.timeline_bar = TimelineBar(session, appearance, self)
        for view in (self.stage_panel, self.timeline_bar, self.loss_plot, self.gradient_plot):
            self.views.add(view)
        self.views.add(self.equation_view, is_live=False)
        plots = {LOSS.id: self.loss_plot, GRADIENTS.id: self.gradient_plot}
        self.board = ViewBoard(ViewPlaces(session, plots, self.tabs, self.stage_panel, appearance, self), self)
        self.folding = Folding(self.stage_panel.stage.setFocus, self)
        self.body = Body(
            self.experiment_panel,
            (self.stage_panel, self.equation_view),
            self.board,
            self.timeline_bar,
            self.folding,
            self.appearance,
            self,
        )
        self.answers = Answers(session, appearance, self.refusals, self.equation_view, self)
        self._hints, self._title = Hints(self), PlainLabel(parent=self)
        self._title.setObjectName("document_title")
        tip = gettext("Back from the full screen (F11, or Esc)")
        self._leave_full_screen = LinkButton(appearance, gettext("leave full screen"), tip, "leave_full_screen", self)
        self._leave_full_screen.hide()

    def _make_actions(self) -> None:
        typed = TypedText(self, self.refusals)
        session, appearance = self.session, self.appearance

        def folder() -> str:
            return self.settings.settings.folder

        self.files = Files(session, folder, appearance, self, take_typed=typed.take)
        self.tables = DataImport(session, appearance, self, folder=folder, take_typed=typed.take)
        openers = {".chainrule": self.files.open_recent} | self.files.scripts.openers
        FileDrops(self, one_by_ending(openers | dict.fromkeys(SUFFIXES, self.tables.open_path)))
        sheets, plots = (self.stage_panel, self.equation_view), (self.loss_plot, self.gradient_plot)
        self.pictures = Pictures(self.session, self.appearance, self.files, sheets, plots, self.tabs, self)
        self.lessons = Lessons(session, self.trainer, self.files, self.views, appearance, self.refusals, self)
        self.faults = Faults(self.session, self.trainer, self)
        commands = Commands(
            self.session,
            self.trainer,
            self.appearance,
            self.files,
            self.tables,
            take_typed=typed.take,
            edit_selected=self.stage_panel.stage.edit_selected,
            press_there=lambda key: press_with_control(key, (self.focusWidget(), self.stage_panel.stage)),
            zoom_stage=self.stage_panel.canvas.step_zoom,
            move_layer=self.experiment_panel.network.move_layer,
            reseed=lambda: self.experiment_panel.reseed(self.session.experiment),
            folding=self.folding,
            board=self.board,
            ask_how_many=self._ask_how_many,
            ask_where=self._ask_where,
            show_tab=self.body.show_view,
            toggle_derivation=self._toggle_derivation,
            shows_derivation=lambda: self.equation_view.is_unfolded,
            toggle_neuron_pictures=self.stage_panel.toggle_pictures,
            has_neuron_pictures=lambda kind: self.stage_panel.pictures == kind,
            toggle_full_screen=self._toggle_full_screen,
            go_to_pane=self._go_to_pane,
            find_control=self._find_control,
            beside=self.beside,
            pictures=self.pictures,
            lessons=self.lessons,
            answers=self.answers,
        )
        self.actions_by_id = ActionSet(commands, self)
        self.menus = Menus(self.actions_by_id, commands, self.settings, self)
        badge = Badge(self.session.moment, self.trainer, self.referee, self.appearance, self)
        badge.clicked.connect(self.beside.show_referee)
        # In the corner nothing pushes it away, however large the text.
        self.menuBar().setCornerWidget(badge)
        self.toolbar = ToolBar(self.session, self.trainer, self.actions_by_id, self.appearance)
        self.addToolBar(self.toolbar)
        for view in (self.toolbar, badge):
            self.views.add(view)

    def _ask_how_many(self) -> None:
        self.beside.train_popover.ask_beside(lambda: self.toolbar.rect_of("run.n", self))

    def _ask_where(self) -> None:
        self.beside.go_to_popover.ask_beside(lambda: self.timeline_bar.iterations_rect(self))

    def _toggle_derivation(self) -> None:
        if not selection_has_derivation(self.session.moment):
            self.session.signals.informed.emit(gettext(NO_DERIVATION))
            return
        is_open = self.equation_view.is_unfolded and self.folding.is_shown("equation")
        self.folding.show("equation")
        self.equation_view.unfold(not is_open)

    def _go_to_pane(self, way: int) -> None:
        self.panes.go(way)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _find_control(self) -> None:
        # It finds what is folded away, too.
        self.views.refresh(folded=[pane.widget for pane in self.folding.all])
        self.finder.open(self.toolbar.geometry().bottom())

    def _arrange(self) -> None:
        self.remembering = Remembering(
            self.settings, self.session, self.trainer, self.appearance, self.body, self.equation_view, self
        )
        self.finder = Finder(self, self.folding, self.appearance)
        self.panes = Panes(self, self.stage_panel.stage, self._panes())
        room = LessonRoom(self.body, self.experiment_panel, self.toolbar, self.actions_by_id, self._hints)
        self.lessons.settle(room, LessonProgress(self.settings))
        status = QHBoxLayout()
        status.setContentsMargins(4, 0, 4, 0)
        status.addWidget(self._hints, 1)
        status.addWidget(self._leave_full_screen)
        status.addWidget(self._title)
        central = QWidget(self)
        column = QVBoxLayout(central)
        column.setContentsMargins(GAP, GAP, GAP, 6)
        column.setSpacing(8)
        column.addWidget(self.notice)
        # What is too wide or too high for a small screen is scrolled: it never makes the window larger than that.
        area = ScrolledRoom(self.body, self.appearance, central)
        area.setObjectName("window_area")
        column.addWidget(area, 1)
        column.addLayout(status)
        self.setCentralWidget(central)

    def _panes(self) -> list[Pane]:
        """Return the panes in the order that F6 goes round them: from top to bottom, and from left to right."""
        stage = Pane(self.stage_panel, self.stage_panel.stage)
        others = (self.equation_view, self.loss_plot, self.gradient_plot, self.tabs, self.timeline_bar)
        panel = Pane(self.experiment_panel, self.experiment_panel.data.tables.inputs)
        return [Pane(self.toolbar), panel, stage, *map(Pane, others)]

    def _connect(self) -> None:
        session, signals = self.session, self.session.signals
        self.gradient_plot.mark.lead_to(partial(self.body.show_view, "flow"), partial(self.tabs.is_seen, "flow"))
        show_rules(self.answers.rule_asked, self.body, self.tabs)
        for signal in (signals.document_changed, signals.cursor_moved, signals.selection_changed):
            signal.connect(self.refresh)
        signals.training_progressed.connect(self.refresh)
        # What is typed was meant for the document that is gone.
        session.signals.replaced.connect(lambda: give_up_typing(self))
        for replaced in (session.signals.replaced, self.tables.replaced):
            replaced.connect(lambda: self.board.suit(session.experiment))
        # What was said before is over once something has changed, but not when the engine has come.
        session.signals.engine_ready.connect(lambda: signals.document_changed.connect(self.notice.hide))
        tell(session, self.notice)
        self.timeline_bar.go_to_asked.connect(self.actions_by_id["iteration.goto"].trigger)
        self.menus.recent.troubled.connect(self._tell_unless_more_is_said)
        session.signals.refused.connect(self.files.give_way)
        session.signals.document_changed.connect(self._show_title)
        self.files.saving.active_changed.connect(self._show_title)
        self.trainer.running_changed.connect(self.refresh)
        self.experiment_panel.data.table_pasted.connect(self.tables.paste)
        self.experiment_panel.about_to_edit.connect(self.trainer.pause)
        self.stage_panel.stage.about_to_edit.connect(self.trainer.pause)
        self.tabs.about_to_edit.connect(self.trainer.pause)
        self.tabs.export_asked.connect(self.menus.export.begin)
        for view in (self.timeline_bar, self.loss_plot, self.gradient_plot, self.tabs):
            view.about_to_move.connect(self.trainer.pause)
        # The first numbers are shown before anything else goes on.
        session.signals.engine_ready.connect(lambda: QTimer.singleShot(IDLE_MS, self._readying, self._get_ready))
        self._readying.finished.connect(self._idle_loader.start)
        for plot in (self.loss_plot, self.gradient_plot):
            # One after the other, so that what is typed meanwhile need not wait for both.
            self._idle_loader.loaded.connect(plot.populate, Qt.ConnectionType.QueuedConnection)
        self._idle_loader.loaded.connect(self.board.fill, Qt.ConnectionType.QueuedConnection)
        self._idle_loader.loaded.connect(self.tabs.make_the_others, Qt.ConnectionType.QueuedConnection)
        self.appearance.changed.connect(self._restyle)
        self._leave_full_screen.clicked.connect(self._toggle_full_screen)
        self.folding.changed.connect(self.actions_by_id.refresh)
        self.folding.changed.connect(self.views.refresh)
        self.board.changed.connect(self.actions_by_id.refresh)
        self.lessons.changed.connect(self.actions_by_id.refresh)
        self.board.rearranged.connect(self.views.refresh)
        self.board.places.made.connect(self.pictures.watch)
        self.equation_view.unfolded.connect(self.actions_by_id.refresh)
        self._show_title()
        self._restyle()
        self.stage_panel.stage.setFocus()

    def _get_ready(self) -> None:
        self._readying.start(ready_classes())

    def refresh(self) -> None:
        """Show what is new of the session's moment."""
        in_fast_run = self.trainer.is_at_full_pace
        due = not in_fast_run or self._shown.elapsed() >= SLOW_MS
        if due:
            self._shown.restart()
        self.stage_panel.stage.show_digits(digits_in_run(in_fast_run, due=due))
        if in_fast_run != self.equation_view.is_brief:
            self.equation_view.is_brief = in_fast_run
            self.views.renew(self.equation_view)
        do_each(
            partial(self.board.follow, self.session.experiment),
            partial(self.views.refresh, only_live=not due, in_turn=in_fast_run),
            partial(self.timeline_bar.show_progress, self.trainer.progress),
        )

    def _tell_unless_more_is_said(self, text: str) -> None:
        if text and not self.notice.text:
            self.notice.say(text)

    def _show_title(self) -> None:
        session = self.session
        name = short_title(session.path.name if session.path else session.experiment.title or gettext("experiment"))
        if self.files.saving.is_active:
            state = gettext("saving")
        elif session.is_modified:
            state = gettext("edited")
        elif session.file.lacks_training:
            state = gettext("saved before the newest run")
        else:
            state = gettext("saved") if session.path else self.files.origin
        self._title.setText(f"{name} · {state}")
        self.setWindowTitle(gettext("{name}[*] - Chainrule", name=title_text(name)))
        self.setWindowModified(session.is_modified)

    def _restyle(self) -> None:
        theme = self.appearance.theme
        for label in (self._hints, self._title):
            label.setFont(self.appearance.font(11.5))
            label.setStyleSheet(f"color: {theme.muted}")
        self._hints.fit()

    # The window's life

    def paintEvent(self, event: QPaintEvent) -> None:
        """Begin to load the engine once there is a window to look at."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.session, self.session.loader.load)

    def fit_into(self, screen: QRect) -> None:
        """Fill a screen that has no room for the window and the frame around it."""
        if self.width() >= screen.width() or self.height() >= screen.height():
            self.resize(self.size().boundedTo(screen.size() * 0.9))
            self.showMaximized()

    def changeEvent(self, event: QEvent) -> None:
        """Offer the way back from a full screen, which may have no frame and no title."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._leave_full_screen.setVisible(self.isFullScreen())
            self.folding.tell_full_screen(self.isFullScreen())

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with the stage, so that the arrow keys step at once."""
        super().showEvent(event)
        self.stage_panel.stage.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back to the stage on Escape, from what has no other use for it; from there out of the full screen."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.board.uncover():
            self.go_to_stage()
        elif self.isFullScreen() and self.stage_panel.stage.hasFocus():
            self._toggle_full_screen()
        else:
            self.go_to_stage()

    def go_to_stage(self) -> None:
        """Give the keyboard to the stage, where the keys step."""
        self.stage_panel.stage.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what goes on; where changes would be lost, ask first and stay."""
        self.trainer.pause()
        if not self.files.confirm_close():
            event.ignore()
            return
        self.lessons.leave()
        self.remembering.write()
        self.board.places.close_windows()
        self.beside.close()
        self.referee.close()
        self.session.loader.close()
        self._readying.cancel()
        self._idle_loader.close()
        event.accept()
        self.closed.emit()
