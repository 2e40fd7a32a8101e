"""The paths of the gradients of formulas in the place of layers: through each operator that reads a value."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.program import Program
from chainrule.explain.circuit.names import names_of
from chainrule.explain.circuit.operators import sign_of
from chainrule.explain.context import Context
from chainrule.explain.derivation.paths import Element, GradientPath, GradientPaths, Link, single
from chainrule.explain.derivation.written import all_decided, different, note_of, numbers_of_form, with_condition
from chainrule.explain.writing.formula_latex import as_factor, of_numbers, of_symbols
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import evaluate
from chainrule.formula.graph import Step, grad_name, graph_of, local_derivative
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Symbol, symbols_of
from chainrule.formula.writing.printing import Leaf

_SEVERAL = "Several operators read {name}: each passes a share back, one row for each"


class FormulaPaths:
    """Finds the paths of a gradient in the program of a formula."""

    def __init__(self, c: Context, program: Program) -> None:
        self._c, self._program = c, program
        lines = c.experiment.network.formula
        self._names, self._output = names_of(lines), graph_of(lines).output

    def of(self, element: Element) -> GradientPaths | None:
        """Return the paths of a gradient, or the one of a share; None for other values."""
        step = self._rule(element.ref)
        if step is None or not step.by or element.ref == grad_name(self._output):
            return None
        if step.through:
            return self._through(step.through, step.by)
        shares = [(read, rule.through) for read in step.reads if (rule := self._rule(ValueRef(read))) is not None]

        def at(place: int) -> GradientPath:
            through = shares[place][1]
            return self._path(through, step.by, f"through {self._text(through)}")

        def share_of(place: int) -> float:
            return self._c.number(ValueRef(shares[place][0]))

        return GradientPaths(len(shares), at, share_of, _SEVERAL.format(name=self._text(step.by)))

    def _rule(self, ref: ValueRef) -> Step | None:
        place = self._program.index.get(ref)
        return None if place is None else self._program.steps[place].node

    def _through(self, reader: str, name: str) -> GradientPaths:
        path = self._path(reader, name, "")
        upstream = 1.0 if path.upstream is None else self._c.number(path.upstream.ref)
        return single(path, upstream * path.slope)

    def _path(self, reader: str, name: str, what: str) -> GradientPath:
        above = ValueRef(grad_name(reader))
        # The derivative of the output by itself is 1, unless it was set by hand.
        begins = reader == self._output and self._c.number(above) == 1
        return GradientPath(what, None if begins else Element(above), (self._link(reader, name),))

    def _link(self, reader: str, name: str) -> Link:
        """Return an operator, differentiated by one of the values that it reads."""
        node = self._rule(ValueRef(reader))
        assert node is not None
        rule = node.rule
        forms = [simplify(derivative(rule, Symbol(name))), local_derivative(node, name)]

        def value(read: str, places: tuple[int, ...]) -> float:
            return self._c.number(ValueRef(read))

        def numbers(more: int) -> Leaf:
            c = replace(self._c, more=self._c.more + more)
            return of_numbers({each: c.latex(ValueRef(each)) for each in symbols_of(held[-1])})

        held = [all_decided(form, value) for form in forms]
        leaf = of_symbols({each: self._latex(each) for form in (rule, *held) for each in symbols_of(form)})
        return Link(
            sign_of(rule, self._text),
            self._latex(reader),
            self._latex(name),
            with_condition(rule, value, leaf),
            different(held, leaf),
            as_factor(held[-1], leaf),
            numbers_of_form(held[-1], numbers),
            evaluate(forms[-1], value),
            note_of(rule, name, value),
        )

    def _latex(self, name: str) -> str:
        return self._names[name]

    def _text(self, name: str) -> str:
        return latex_to_text(self._names[name])
