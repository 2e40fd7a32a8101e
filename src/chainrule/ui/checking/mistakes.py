"""A likely mistake: its sentence, and the wrong rule beside the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import LatexPart
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.typesetting.wide_formula import WideFormula
from chainrule.ui.widgets.controls import Label

if TYPE_CHECKING:
    from chainrule.lessons.answer import ToldMistake

FORMULA_SIZE = 14


class MistakePart:
    """Shows a mistake in three lines of a column: the sentence, the rule as it is, and the rule as it was taken."""

    def __init__(self, typesetter: Typesetter, appearance: Appearance, parent: QWidget, column: QVBoxLayout) -> None:
        self.sentence = Label(appearance, "", parent, size=13)
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.right = WideFormula(typesetter, appearance, FORMULA_SIZE, parent)
        self.wrong = WideFormula(typesetter, appearance, FORMULA_SIZE, parent)
        for part in (self.sentence, self.right, self.wrong):
            column.addWidget(part)
        self.hide()

    def hide(self) -> None:
        """Show nothing."""
        for part in (self.sentence, self.right, self.wrong):
            part.hide()

    def show_mistake(self, mistake: ToldMistake, *, reveals: bool) -> None:
        """Show a mistake; the numbers of the right rule where they are to be seen."""
        self.sentence.setText(mistake.sentence)
        self.sentence.show()
        rules = mistake.rules
        for formula in (self.right, self.wrong):
            formula.setVisible(rules is not None)
        if rules is not None:
            right = (rules.right_numbers, rules.right_result) if reveals else ()
            self.right.set_parts(rule_parts("right", rules.left, (rules.right, *right), "good"))
            wrong = (rules.wrong, rules.wrong_numbers, rules.wrong_result)
            self.wrong.set_parts(rule_parts("yours", rules.left, wrong, "error"))


def rule_parts(words: str, left: str, sides: tuple[str, ...], color: str) -> list[LatexPart]:
    """Return `right: left = symbols = numbers = result`; a side that is empty, or there already, is left out."""
    parts = [LatexPart(rf"\text{{{words}:}}", color), LatexPart(left)]
    for side in dict.fromkeys(side for side in sides if side):
        parts += [LatexPart("=", relation=True), LatexPart(side, "text" if side == sides[0] else color)]
    return parts
