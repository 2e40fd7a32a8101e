"""Which parameters something is of: a list of the usual ones, or shell patterns, and in words what that comes to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.explain.names.parameters import Patterns, matched_in_words, usual_choices, usual_name
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.panels.section import ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals

BY_PATTERN = "by pattern"
PATTERN_WORDS = gettext_noop("name them by patterns, such as *.bias or layers.0.*")


class PatternsField(Field):
    """A field for shell patterns with commas between them."""

    def __init__(self, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(appearance, refusals, parent)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft)

    def parse(self, text: str) -> Patterns:
        """Return the patterns that a text stands for, or raise `ValueError`."""
        patterns = tuple(part.strip() for part in text.split(",") if part.strip())
        if not patterns:
            raise ValueError("nothing was typed; a pattern is needed, such as *.bias")
        return patterns

    def full_text(self, value: Any) -> str:
        """Return all of them."""
        return ", ".join(value)

    def short_text(self, value: Any) -> str:
        """Return all of them."""
        return self.full_text(value)


class ParametersField(QWidget):
    """A list of usual choices, `list`, for a line of its owner's; below it the patterns, and what they match.

    The field of the patterns is there where they are none of the usual ones, or when it is asked for.
    """

    parameters_edited = Signal(object)
    controls_changed = Signal()

    def __init__(self, appearance: Appearance, refusals: Refusals, prefix: str, of: str, parent: QWidget) -> None:
        """Names of controls begin with the prefix; `of` says what the parameters are of: `penalty 1`."""
        super().__init__(parent)
        self._of, self._choices = of, dict[str, Patterns]()
        self._network: NetworkSpec | None = None
        self._patterns: Patterns = ()
        self._asked = False
        self.list = ChoiceField(appearance, f"{prefix}_parameters", gettext("Parameters of {of}", of=of), parent)
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.list.choice_edited.connect(self._choose)
        self.field = PatternsField(appearance, refusals, self)
        self.field.setObjectName(f"{prefix}_patterns")
        self.field.setAccessibleName(gettext("Patterns of the parameters of {of}", of=of))
        self.field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field.set_description(
            gettext(
                "Names of parameters, such as *.bias or layers.0.weight, with commas between them: * stands for "
                "anything, and layers are counted from 0 here."
            )
        )
        self.field.value_edited.connect(self._take)
        self._row = QWidget(self)
        label = Label(appearance, gettext("pattern"), self._row)
        label.setBuddy(self.field)
        self._row.setLayout(ControlsLine(appearance, label, self.field))
        self.matched = Label(appearance, "", self, size=SMALL, color="muted")
        self.matched.setObjectName(f"{prefix}_matched")
        self.matched.setWordWrap(True)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(2)
        lines.addWidget(self._row)
        lines.addWidget(self.matched)

    def controls(self) -> list[QWidget]:
        """Return the list, and the field."""
        return [self.list, self.field]

    @property
    def anchor(self) -> QWidget:
        """Beside what a refusal is said: where the user was last."""
        return self.field if self._by_pattern else self.list

    @property
    def _by_pattern(self) -> bool:
        return self._asked or not usual_name(self._patterns, self._choices)

    def show_parameters(self, network: NetworkSpec, patterns: Patterns) -> None:
        """Show which parameters of a network are named."""
        if network is self._network and patterns == self._patterns:
            return
        if network is not self._network:
            self._network, self._choices = network, usual_choices(network)
            words = {name: ", ".join(found) for name, found in self._choices.items()}
            self.list.set_choices({**words, BY_PATTERN: gettext(PATTERN_WORDS)})
        self._patterns = patterns
        self.field.set_value(patterns)
        self._show()

    def _show(self) -> None:
        assert self._network is not None
        self.list.set_choice(BY_PATTERN if self._by_pattern else usual_name(self._patterns, self._choices))
        self._row.setVisible(self._by_pattern)
        matched = matched_in_words(self._network, self._patterns)
        self.matched.setText(matched)
        which = f"{self.list.choice}: {', '.join(self._patterns)}"
        self.list.setToolTip(
            plain_tip(gettext("The parameters of {of}. {which}\n{matched}", of=self._of, which=which, matched=matched))
        )
        self.list.setAccessibleDescription(matched)

    def _choose(self, name: str) -> None:
        self._asked = name == BY_PATTERN
        if self._asked:
            self._show()
            self.field.setFocus()
            self.field.selectAll()
        elif self._choices[name] == self._patterns:
            self._show()
        else:
            self.parameters_edited.emit(self._choices[name])

    def _take(self, patterns: Patterns) -> None:
        self._asked = True
        self.parameters_edited.emit(patterns)
