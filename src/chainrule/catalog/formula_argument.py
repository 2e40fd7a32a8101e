"""An argument that is a formula, typed by the user in the grammar of `chainrule.formula` and kept as its text."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.catalog.arguments import Argument, SpecError, Value
from chainrule.formula.errors import FormulaError, listed
from chainrule.formula.parse import parse


@dataclass(frozen=True, slots=True)
class FormulaText(Argument):
    """A formula of the given names, such as z of an activation."""

    names: tuple[str, ...] = field(default=(), kw_only=True)

    def check_given(self, value: object, path: str) -> Value:
        """The text. What is wrong in it is said with the character where it is."""
        if not isinstance(value, str):
            self.refuse(value, path)
        try:
            parse(value, self.names)
        except FormulaError as error:
            raise SpecError(path, str(error)) from None
        return value

    @property
    def allowed(self) -> str:
        """What can be written, in words."""
        return f"a formula of {listed(list(self.names))}"
