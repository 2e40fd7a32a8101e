"""The tool bar: moving and running, step size, pace and device."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import DTYPES
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.editing import edits
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.session.training import PACES, Pace, Trainer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.actions.action_set import ACTIONS, ActionSet
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.icons import icon
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip
from chainrule.ui.window.keys import keep_keys

BUTTONS = ("run.restart", "step.back", "step.forward", "layer.next", "phase.next", "iteration.next", "run.toggle")
AFTER_PACE, PREDICT = "run.n", "predict.toggle"
# As large as the words beside it, at the usual text size.
ICON = 16
BY_OPERATION, BY_NUMBER = gettext_noop("by operation"), "by number"
STEP_SIZES = {
    BY_OPERATION: "A step computes all that one operation writes",
    BY_NUMBER: "A step reveals one number after the other",
}
_ICONS = {action.id: action.icon for action in ACTIONS}
# What Qt shows where not all has room; its own icon is dark in dark colours too. Qt gives the button so many pixels.
_MORE, _MORE_ICON, _MORE_SIZE = "qt_toolbar_ext_button", "chevron-double-right", 12


class ToolBar(QToolBar):
    """Buttons for the actions, and the choices that go with them."""

    shows = Change.EXPERIMENT

    def __init__(self, session: Session, trainer: Trainer, actions: ActionSet, appearance: Appearance) -> None:
        super().__init__("Tools")
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._session, self._trainer, self._actions, self._appearance = session, trainer, actions, appearance
        self._experiment = session.moment.experiment
        self._widths: dict[ChoiceField, int] = {}
        self._tools: dict[str, QWidget] = {}
        for identifier in BUTTONS:
            self._add_button(identifier)
            if identifier == "run.restart":
                self._add_space(6)
            if identifier == "iteration.next":
                self._step_size = self._add_choice(
                    "step.size", gettext("Step size"), 112, STEP_SIZES, self._choose_step_size
                )
                self._add_space(6)
        paces = {pace.label: gettext("How fast a run goes") for pace in PACES}
        self._pace = self._add_choice("run.pace", gettext("Pace of a run"), 92, paces, self._choose_pace)
        # Without the words that a menu has room for.
        actions[AFTER_PACE].setIconText(gettext("Train N"))
        self._add_button(AFTER_PACE)
        self._add_space(6)
        self._show_pace(trainer.pace)
        # So a session begins; it tells of another step size.
        self._show_step_size(False)
        self._device = self._add_choice("device", gettext("Device"), 76, {}, self._choose_device)
        dtypes = dict.fromkeys(DTYPES, gettext("The type that every number is computed in"))
        self._dtype = self._add_choice("dtype", gettext("Floating-point type"), 84, dtypes, self._choose_dtype)
        self._add_space(6)
        self._add_button(PREDICT)
        trainer.running_changed.connect(self._show_running)
        trainer.pace_changed.connect(self._show_pace)
        session.signals.by_number_changed.connect(self._show_step_size)
        session.signals.engine_ready.connect(self._fill_devices)
        appearance.changed.connect(self.restyle)
        self.restyle()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the moment's device and dtype."""
        self._experiment = moment.experiment
        self._show_experiment()

    def _show_experiment(self) -> None:
        self._dtype.set_choice(self._experiment.dtype)
        self._device.set_choice(self._experiment.device)

    def restyle(self) -> None:
        """Set icons in the theme's colours and as large as the text; the step button stands out."""
        theme, across = self._appearance.theme, self._appearance.size(ICON)
        self.setIconSize(QSize(across, across))
        for identifier in BUTTONS:
            name = "pause" if identifier == "run.toggle" and self._trainer.is_running else _ICONS[identifier]
            color = theme.surface if identifier == "step.forward" else theme.text
            if name:
                # On the action: a button takes its icon from there whenever the action changes.
                self._actions[identifier].setIcon(icon(name, color, theme.dimmed))
        for field, width in self._widths.items():
            field.setFixedWidth(self._appearance.size(width))
        more = self.findChild(QToolButton, _MORE)
        assert more is not None
        more.setIcon(icon(_MORE_ICON, theme.text, theme.dimmed))
        more.setIconSize(QSize(_MORE_SIZE, _MORE_SIZE))
        more.setToolTip(plain_tip(gettext("Shows the rest of the tool bar, which has no room in the window")))
        more.setAccessibleName(gettext("More of the tool bar"))
        self.setStyleSheet(_style(self._appearance))

    def rect_of(self, identifier: str, window: QWidget) -> QRect:
        """Return where the button of an action is in the window, or the end of the tool bar if it has no room in it."""
        button = self.findChild(QToolButton, f"button.{identifier}")
        assert button is not None
        rect = button.rect() if button.isVisible() else QRect(self.width() - 1, 0, 1, self.height())
        return QRect((button if button.isVisible() else self).mapTo(window, rect.topLeft()), rect.size())

    def _add_button(self, identifier: str) -> None:
        button = QToolButton(self)
        button.setDefaultAction(self._actions[identifier])
        beside, alone = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonTextOnly
        button.setToolButtonStyle(beside if _ICONS[identifier] else alone)
        button.setObjectName(f"button.{identifier}")
        button.setAccessibleName(self._actions[identifier].text())
        keep_keys(button, (Qt.Key.Key_Space,))
        self._tools[identifier] = button
        self.addWidget(button)

    def _add_space(self, width: int) -> None:
        space = PlainLabel(parent=self)
        space.setFixedWidth(width)
        self.addWidget(space)

    def _add_choice(
        self, object_name: str, name: str, width: int, choices: Mapping[str, str], choose: Callable[[str], None]
    ) -> ChoiceField:
        field = ChoiceField(self._appearance, object_name, name, self)
        field.setToolTip(plain_tip(name))
        field.set_choices(choices)
        field.choice_edited.connect(choose)
        self._widths[field] = width
        self._tools[object_name] = field
        self.addWidget(field)
        return field

    def show_tool(self, identifier: str, shown: bool) -> None:
        """Show a button or a choice, or hide it."""
        # The tool bar's own action of a widget is asked for each time: PySide loses one that is kept.
        tool = self._tools[identifier]
        action = next(each for each in self.actions() if self.widgetForAction(each) == tool)
        action.setVisible(shown)

    def _choose_pace(self, label: str) -> None:
        self._trainer.set_pace(next(pace for pace in PACES if pace.label == label))

    def _choose_step_size(self, name: str) -> None:
        self._trainer.pause()
        self._session.navigator.set_by_number(name == BY_NUMBER)

    def _choose_device(self, name: str) -> None:
        self._edit("Choose device", edits.set_device(name))

    def _choose_dtype(self, name: str) -> None:
        self._edit("Choose dtype", edits.set_dtype(name))

    def _edit(self, text: str, edit: edits.Edit) -> None:
        self._trainer.pause()
        try:
            self._session.editor.edit(text, edit)
        except SpecError as error:
            self._session.signals.noticed.emit(refusal_in_words(error, self._session.editor.tried(edit)))
        # Where it was refused, the choice is what it was.
        self._show_experiment()

    def _fill_devices(self) -> None:
        self._device.set_choices({name: engine().device_label(name) for name in engine().available_devices()})

    def _show_pace(self, pace: Pace) -> None:
        self._pace.set_choice(pace.label)

    def _show_step_size(self, by_number: bool) -> None:
        self._step_size.set_choice(BY_NUMBER if by_number else gettext(BY_OPERATION))

    def _show_running(self, running: bool) -> None:
        self._actions["run.toggle"].setText(gettext("Pause") if running else gettext("Run"))
        self.restyle()


def _style(appearance: Appearance) -> str:
    theme, size = appearance.theme, appearance.size
    return f"""
        QToolBar {{ background: {theme.surface}; border: 0; border-bottom: 1px solid {theme.border};
                    padding: {size(6)}px {size(8)}px; spacing: {size(5)}px; }}
        QToolButton {{ background: {theme.field}; color: {theme.text}; border: 1px solid {theme.border};
                    border-radius: 6px; padding: {size(3)}px {size(7)}px; min-height: {size(16)}px; }}
        QToolButton:hover, QToolButton:focus {{ border-color: {theme.link}; }}
        QToolButton:checked {{ border: 2px solid {theme.link}; color: {theme.link}; }}
        QToolButton:disabled {{ color: {theme.dimmed}; }}
        QToolButton#{_MORE} {{ padding: 0; border: 0; }}
        QToolButton[objectName="button.step.forward"] {{ background: {theme.backward}; color: {theme.surface};
                    border-color: {theme.backward}; font-weight: bold; }}
        QToolButton[objectName="button.step.forward"]:focus {{ border: 2px solid {theme.text}; }}
        QToolButton[objectName="button.run.toggle"] {{ min-width: {size(56)}px; }}
    """
