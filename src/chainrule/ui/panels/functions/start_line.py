"""What training starts from, where that is not its beginning: a line, and a button that forgets it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QSizePolicy, QWidget

from chainrule.catalog.experiment.spec import Experiment, StartState
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import SCHEDULED, Role, Value
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.section import ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton


class StartLine(QWidget):
    """The iteration that training begins with. It is out of sight where that is the first, with nothing kept."""

    def __init__(self, session: Session, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._editing = session, editing
        self._words = Label(appearance, "", self, size=SMALL, color="muted")
        self._words.setObjectName("start_state")
        self._words.setWordWrap(True)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        tip = gettext("Start at iteration 0 with nothing kept; the first parameters stay as they are")
        self._forget = LinkButton(appearance, gettext("forget"), tip, "start_forget", self)
        self._forget.clicked.connect(self._ask)
        self.setLayout(ControlsLine(appearance, self._words, self._forget))
        self.hide()

    def show_start(self, experiment: Experiment) -> None:
        """Show what training starts from."""
        self.setVisible(experiment.state is not None)
        self._words.setText("" if experiment.state is None else started(experiment.state, values_of(experiment)))

    def controls(self) -> list[QWidget]:
        """Return the button."""
        return [self._forget]

    def _ask(self) -> None:
        self._editing.about_to_edit.emit()
        self._session.training_start.forget_start()


def started(state: StartState, values: Mapping[ValueRef, Value]) -> str:
    """Return what training starts from, in words: `starts at iteration 12, with what the optimizer kept`."""
    roles = {values[ref].role for ref in state.values}
    keepers = ["the optimizer"] if Role.BUFFER in roles else []
    keepers += ["the scheduler"] if roles & set(SCHEDULED) else []
    parts = [f"what {' and '.join(keepers)} kept"] if keepers else []
    parts += ["the gradients added up so far"] if Role.KEPT_GRADIENT in roles else []
    kept = f", with {' and '.join(parts)}" if parts else ""
    return f"starts at iteration {state.iteration:,}{kept}"
