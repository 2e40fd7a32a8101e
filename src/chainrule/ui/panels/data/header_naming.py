"""Columns are called otherwise in place: a field opens over a header of the data's tables."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.data_names import column_of
from chainrule.model.editing.naming import names_class, rename
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.panels.data.tables import DataTables
from chainrule.ui.panels.data.view import DataView
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.text_fields import ExpressionField

WIDTH = 150


class HeaderNaming(QObject):
    """Opens the field where one of the tables asks for it; Enter takes the name, Esc gives the old one back."""

    def __init__(self, session: Session, editing: PanelEditing, appearance: Appearance, tables: DataTables) -> None:
        super().__init__(tables)
        self._session, self._editing, self._appearance, self._tables = session, editing, appearance, tables
        self._field: ExpressionField | None = None
        self._view = tables.inputs
        for view in tables.views:
            view.rename_requested.connect(partial(self._ask, view))
        session.signals.replaced.connect(self._close)

    def _ask(self, view: DataView, column: int) -> None:
        self._close()
        experiment, (ref, unit) = self._session.moment.experiment, view.rows_model().ref_of(column)
        field = ExpressionField(self._appearance, self._editing.refusals, self._tables)
        what = "class" if names_class(experiment, ref) else "column"
        field.setObjectName("column_name")
        field.setAccessibleName(gettext("Name of the {what}", what=what))
        field.set_description(
            gettext("What the {what} is called, here and everywhere; without a name it has its symbol.", what=what)
        )
        field.setPlaceholderText(gettext("name of the {what}", what=what))
        field.set_value(column_of(experiment, ref, (0, unit)).name)
        field.value_edited.connect(partial(self._rename, field, ref, unit))
        field.closed.connect(self._close)
        self._view = view
        self._place(field, view, column)
        self._field = field
        field.show()
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        field.selectAll()

    def _place(self, field: ExpressionField, view: DataView, column: int) -> None:
        """Put the field over the header, within the tables: a name is longer than most numbers."""
        header = view.horizontalHeader()
        width = min(max(header.sectionSize(column), self._appearance.size(WIDTH)), self._tables.width())
        left = view.x() + header.x() + header.sectionViewportPosition(column)
        field.setFixedWidth(width)
        field.move(max(0, min(left, self._tables.width() - width)), 0)

    def _rename(self, field: ExpressionField, ref: ValueRef, unit: int, name: str) -> None:
        self._editing.about_to_edit.emit()
        what = "class" if names_class(self._session.moment.experiment, ref) else "column"
        try:
            self._session.editor.relabel(f"Rename {what}", rename(ref, unit, name))
        except SpecError as error:
            field.refuse(error.message)

    def _close(self) -> None:
        """Take the field away; the keyboard goes to the table where it was in the field."""
        field, self._field = self._field, None
        if field is None:
            return
        if field.hasFocus():
            self._view.setFocus()
        field.hide()
        field.deleteLater()
