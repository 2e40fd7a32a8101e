"""Sentences about what is wrong with layers, each with a link that takes one there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.translation import gettext
from chainrule.ui.flow.words import ADVICE, bounds_in_words, grouped, trouble_sentence
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.model.flow.gradient_troubles import LayerFinding
    from chainrule.session.flow import Flow

# Of more there is no room; the histograms show the others.
MOST = 3


class FlowWarnings(QWidget):
    """A line for each trouble; hidden where there is none. `go` is told where a link leads."""

    def __init__(self, appearance: Appearance, go: Callable[[LayerFinding], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("flow_view.warnings")
        self._appearance, self._go = appearance, go
        self._found: list[tuple[LayerFinding, ...]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self._lines: list[tuple[QWidget, Label, LinkButton]] = []
        for place in range(MOST):
            line = QWidget(self)
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(6)
            label = Label(appearance, "", line, size=SMALL, color="error")
            label.setObjectName(f"flow_view.warning.{place}")
            label.setWordWrap(True)
            tip = gettext("Select the number on the stage, at the micro-step that computes it")
            link = LinkButton(appearance, gettext("show"), tip, f"flow_view.show.{place}", line)
            link.clicked.connect(lambda _=False, at=place: self._go(self._found[at][0]))
            row.addWidget(label, 1)
            row.addWidget(link)
            column.addWidget(line)
            line.hide()
            self._lines.append((line, label, link))
        self.hide()

    @property
    def texts(self) -> list[str]:
        """What is said."""
        return [label.text() for line, label, _ in self._lines if not line.isHidden()]

    def show_flow(self, flow: Flow | None, *, whole: bool) -> None:
        """Say what is wrong, if anything is; where there is little room only the first, and what to try in its tip."""
        self._found = grouped(flow.findings) if flow is not None else []
        for place, (line, label, link) in enumerate(self._lines):
            is_said = place < len(self._found) and (whole or place == 0)
            line.setVisible(is_said)
            if flow is not None and is_said:
                found = self._found[place]
                trouble = found[0].trouble.value
                more = len(self._found) - 1
                others = "" if whole or not more else f" And {more} more."
                label.setText(f"⚠ {trouble_sentence(found, flow)}{others}" + (f" {ADVICE[trouble]}" if whole else ""))
                label.setToolTip(plain_tip(f"{ADVICE[trouble]}\n{bounds_in_words(trouble)}"))
                link.setAccessibleName(
                    gettext("Show layer {number}: {trouble}", number=found[0].layer + 1, trouble=trouble)
                )
        self.setVisible(bool(self._found))
