"""A formula in one line of text: as it can be typed, and as Python."""

from __future__ import annotations

from fractions import Fraction

from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.tree import Expr, Rational, Symbol
from chainrule.formula.writing.printing import Leaf, Level, Printed, bracketed, written

# Numbers from a hundred-thousandth to a quadrillion are written out.
LEAST_EXPONENT, MOST_EXPONENT = -5, 15


def formula_to_text(expr: Expr) -> str:
    """Return the formula as it can be typed: reading it again gives the same tree."""
    return written(expr, TextPrinter(), _named).text


def to_python(expr: Expr, leaf: Leaf | None = None) -> str:
    """Return the formula as Python with the functions of `math`; names as they are, or as `leaf` writes them."""
    return written(expr, Python(), leaf or _named).text


def _named(found: Symbol) -> Printed:
    if not found.indices:
        return Printed(found.name)
    return Printed(f"{found.name}[{', '.join(map(formula_to_text, found.indices))}]")


def decimal(value: Fraction) -> str:
    """Return a number that is not negative, as it is typed: in decimals where it ends, else as a quotient."""
    rest, places = value.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    while rest % 5 == 0 or rest % 2 == 0:
        rest, places = rest // (5 if rest % 5 == 0 else 2), places + 1
    if rest > 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(value.numerator * 10**places // value.denominator)
    exponent = len(digits) - 1 - places
    if LEAST_EXPONENT <= exponent <= MOST_EXPONENT:
        whole = digits.rjust(places + 1, "0")
        return whole if not places else f"{whole[:-places]}.{whole[-places:]}".rstrip("0").rstrip(".")
    mantissa = digits.rstrip("0")
    return f"{mantissa[0]}{'.' if mantissa[1:] else ''}{mantissa[1:]}e{exponent}"


def number_in_line(found: Rational) -> Printed:
    """Return a number of the tree in a line of text."""
    text = decimal(abs(found.value))
    if found.value < 0:
        return Printed(f"-{text}", Level.NEGATIVE)
    return Printed(text, Level.PRODUCT if "/" in text else Level.ATOM)


class TextPrinter:
    """The grammar's own notation."""

    factor = Level.POWER
    over = Level.POWER
    raised = "^"

    def number(self, found: Rational) -> Printed:
        """Write digits."""
        return number_in_line(found)

    def constant(self, name: str) -> Printed:
        """Write its name."""
        return Printed(name)

    def brackets(self, text: str) -> str:
        """Round ones."""
        return f"({text})"

    def terms(self, written: list[tuple[str, str]]) -> str:
        """Write terms with blanks around the signs, but for the first."""
        (sign, first), *others = written
        return sign + first + "".join(f" {sign} {text}" for sign, text in others)

    def product(self, factors: list[tuple[Expr, str]]) -> str:
        """Write a product with stars."""
        return "*".join(text for _, text in factors)

    def quotient(self, top: str, bottom: str) -> Printed:
        """Write a quotient with a slash; it holds together as a product does."""
        return Printed(f"{top}/{bottom}", Level.PRODUCT)

    def power(self, raised: Expr, base: str, exponent: Printed) -> Printed:
        """Write a power with a caret."""
        return Printed(f"{base}{self.raised}{bracketed(exponent, Level.ATOM, self)}", Level.POWER)

    def call(self, function: str, arguments: list[Printed]) -> Printed:
        """Write its name with brackets."""
        return Printed(f"{function}({', '.join(argument.text for argument in arguments)})")

    def relation(self, sign: str, left: str, right: str) -> Printed:
        """Write a relation with blanks."""
        return Printed(f"{left} {sign} {right}", Level.RELATION)

    def cases(self, cases: list[tuple[str, str]], otherwise: str) -> Printed:
        """Write one `if` in another."""
        text = otherwise
        for condition, then in reversed(cases):
            text = f"if({condition}, {then}, {text})"
        return Printed(text, Level.ATOM)

    def sum(self, index: str, body: Printed) -> Printed:
        """Write a sum as the tables have it."""
        return Printed(f"sum({index}, {body.text})")


class Python(TextPrinter):
    """Python with the functions of `math`."""

    raised = "**"

    def call(self, function: str, arguments: list[Printed]) -> Printed:
        """Write a call as `math` has it."""
        return _filled(FUNCTIONS[function].python, arguments)

    def relation(self, sign: str, left: str, right: str) -> Printed:
        """Write a condition: a truth value is 1 or 0 there, too."""
        return Printed(f"({left} {sign} {right})")

    def cases(self, cases: list[tuple[str, str]], otherwise: str) -> Printed:
        """Write conditional expressions."""
        text = otherwise
        for condition, then in reversed(cases):
            text = f"({then} if {condition} else {text})"
        return Printed(text)


def _filled(template: str, arguments: list[Printed]) -> Printed:
    text = template
    names: list[tuple[str, Printed]] = list(zip("xy", arguments, strict=False))
    for name, argument in names:
        inner = argument.text
        # A minus before what is put in would take only its first term along.
        text = text.replace("({" + name + "})", f"({inner})").replace("{" + name + "}", inner)
    is_call = template[0].isalpha() and template.count("(") == 1
    return Printed(text if is_call else f"({text})", Level.ATOM)
