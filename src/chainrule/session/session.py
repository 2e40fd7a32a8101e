"""The session: one state, and the parts that move in it, look at it, edit it and save it. Views follow its signals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor
from chainrule.session.background.engine_loader import EngineLoader
from chainrule.session.background.engine_start import EngineStart
from chainrule.session.editing.editor import Editor
from chainrule.session.editing.number_editor import NumberEditor
from chainrule.session.editing.revisions import Revisions
from chainrule.session.editing.training_start import TrainingStart
from chainrule.session.files.document_file import DocumentFile
from chainrule.session.navigator import Navigator
from chainrule.session.runs.pinning import PinnedRuns
from chainrule.session.screen.moment import Moment, Selection
from chainrule.session.selector import Selector
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState

if TYPE_CHECKING:
    from chainrule.model.timeline.timeline import Timeline


class Session(QObject):
    """A document on the screen, with a part for each thing that can be done with it.

    `state` is what all parts share, and `signals` is where they tell of changes. `navigator` moves the cursor;
    `selector` chooses what is looked at; `editor` changes the experiment, `number_editor` single numbers, and
    `training_start` what training starts from; `runs` keeps runs to be compared; `file` opens another experiment, and
    knows what is saved of this one.

    `loader` loads the engine (torch) behind the window: until `signals.engine_ready` the document can be looked at, and
    the first command that computes waits for it.
    """

    def __init__(self, experiment: Experiment, parent: QObject | None = None) -> None:
        """Show an experiment. Raises `SpecError` where it is not allowed."""
        experiment = checked_experiment(experiment)
        super().__init__(parent)
        self.signals = signals = Signals(self)
        self.loader = loader = EngineLoader(self)
        self.state = state = SessionState(experiment, loader, signals)
        self.undo_stack = state.undo_stack
        revisions = Revisions(state, loader, signals)
        self.navigator = Navigator(state, signals)
        self.selector = Selector(state, signals)
        self.editor = Editor(state, revisions)
        self.number_editor = NumberEditor(state, revisions, self.editor)
        self.training_start = TrainingStart(state, revisions, signals)
        self.runs = PinnedRuns(state, revisions, signals)
        self.file = DocumentFile(state, revisions, loader, signals)
        loader.when_loaded(EngineStart(state, self.file, loader, signals).begin)

    # What everybody reads

    @property
    def document(self) -> Document:
        """The document."""
        return self.state.document

    @property
    def cursor(self) -> Cursor:
        """Where in the document's training we are."""
        return self.state.cursor

    @property
    def experiment(self) -> Experiment:
        """The experiment of the iteration on the screen."""
        return self.state.experiment

    @property
    def moment(self) -> Moment:
        """All that views draw."""
        return self.state.moment

    @property
    def selection(self) -> Selection | None:
        """The selected number."""
        return self.state.moment.selection

    @property
    def horizon(self) -> int:
        """How many iterations have a loss: run, or stepped through."""
        return self.state.horizon

    @property
    def is_ready(self) -> bool:
        """Whether numbers can be computed."""
        return self.state.is_ready

    @property
    def timeline(self) -> Timeline:
        """The computed past; waits for the engine if it is not loaded."""
        return self.state.timeline

    @property
    def path(self) -> Path | None:
        """The file of the document, if there is one."""
        return self.file.path

    @property
    def is_modified(self) -> bool:
        """Whether anything was edited since it was opened or saved; training alone changes nothing."""
        return self.file.is_modified
