"""The title of the experiment."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.section import ControlsLine, PanelSection
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.text_fields import ExpressionField

UNTITLED = gettext_noop("untitled")


class TitlePanel(PanelSection):
    """One field. A title changes nothing that is computed: training and its past stay."""

    def __init__(self, session: Session, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(gettext("Title"), appearance, parent)
        self._session, self._editing = session, editing
        self._field = ExpressionField(appearance, editing.refusals, self)
        self._field.setObjectName("experiment_title")
        self._field.setAccessibleName(gettext("Title"))
        self._field.setPlaceholderText(gettext(UNTITLED))
        self._field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._field.set_description(
            gettext("What the experiment is called, in its file and above the stage. It may be empty.")
        )
        self._field.value_edited.connect(self._change)
        # On one line: the data below is looked at more often.
        self.heading.hide()
        label = Label(appearance, gettext("title"), self)
        label.setBuddy(self._field)
        self.lines.addLayout(ControlsLine(appearance, label, self._field))

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the title of a moment's experiment."""
        self._field.set_value(moment.experiment.title)

    def controls(self) -> list[QWidget]:
        """Return the field."""
        return [self._field]

    def _change(self, title: str) -> None:
        self._editing.about_to_edit.emit()
        self._session.editor.set_title(title)
