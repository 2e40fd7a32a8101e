"""The paths of the gradients of a network of layers: through weighted sums, activations and the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from chainrule.catalog import linear
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import Role
from chainrule.engine.program.program import Program
from chainrule.explain.context import Context
from chainrule.explain.derivation.activation_links import activation_link, learned_link, matrix_link
from chainrule.explain.derivation.loss_links import loss_paths
from chainrule.explain.derivation.paths import Element, GradientPath, GradientPaths, Index, Link, single
from chainrule.explain.derivation.penalty_links import penalty_link
from chainrule.explain.derivation.written import nothing
from chainrule.explain.formulas.activations import learning_units
from chainrule.explain.formulas.by_kind import FORMULAS
from chainrule.explain.writing.fragments import Fragments
from chainrule.formula.differentiate import derivative
from chainrule.formula.parse import read
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Expr, Symbol

# What the derivatives of a weighted sum are by: a weight, a bias, an activation of the layer below.
_BY = {"w": "w[o,j]", "b": "b[o]", "x": "x[n,j]"}


def _derived(name: str) -> Expr:
    by = read(_BY[name])
    assert isinstance(by, Symbol)
    return simplify(derivative(linear.WITH_BIAS.formula, by))


# x[n,j], 1 and w[o,j]: derived from the formula, as all others are.
SLOPES = {name: _derived(name) for name in _BY}


class LayerPaths:
    """Finds the paths of a gradient by the kind of the step that writes it."""

    def __init__(self, c: Context, program: Program, rows: Sequence[int] = ()) -> None:
        """`rows` are the data's rows in the batch: samples are called by them."""
        self._c, self._program, self._rows = c, program, rows
        self._by_kind: Mapping[StepKind, Callable[[Context, Element], GradientPaths]] = {
            StepKind.OUTPUT_GRADIENT: self._loss,
            StepKind.PENALTY_GRADIENT: self._penalty,
            StepKind.GRADIENT_SUM: self._shares,
            StepKind.PRE_ACTIVATION_GRADIENT: self._pre_activation,
            StepKind.WEIGHT_GRADIENT: self._weight,
            StepKind.BIAS_GRADIENT: self._bias,
            StepKind.ACTIVATION_WEIGHT_GRADIENT: self._learned,
            StepKind.ACTIVATION_GRADIENT: self._activation,
        }

    def of(self, element: Element) -> GradientPaths | None:
        """Return the paths of a gradient; None for other values."""
        c = self._at(element)
        find = self._by_kind.get(c.step.kind)
        return None if find is None else find(c, element)

    def _at(self, element: Element) -> Context:
        step = self._program.steps[self._program.index[element.ref]]
        return replace(self._c, step=step, index=element.index, kept={})

    def _loss(self, c: Context, element: Element) -> GradientPaths:
        step = next(step for step in self._program.steps if step.kind is StepKind.LOSS)
        # What is followed from a share of the data, or from the sum of it and the penalties', is of the data alone.
        has_total = step.writes != refs.LOSS and not self._is_of_shares
        total = self._formula(Element(refs.LOSS)) if has_total else ()
        return loss_paths(c, self._formula(Element(step.writes)), total)

    @property
    def _is_of_shares(self) -> bool:
        return self._c.step.kind is StepKind.GRADIENT_SUM or self._c.writes.role is Role.SHARE

    def _penalty(self, c: Context, element: Element) -> GradientPaths:
        assert c.writes.penalty is not None
        link = penalty_link(c, self._formula(Element(refs.penalty(c.writes.penalty))))
        return single(GradientPath("", None, (link,)), link.value)

    def _shares(self, c: Context, element: Element) -> GradientPaths:
        """Return what the data give, and what each penalty adds."""
        shares = [Element(ref, element.index) for ref in c.step.reads]

        def at(place: int) -> GradientPath:
            of = f"the {c.notation.source(shares[place].ref)} penalty" if place else "the data"
            return GradientPath(f"for {of}", shares[place], ())

        def share(place: int) -> float:
            return c.number(shares[place].ref, element.index)

        return GradientPaths(
            len(shares), at, share, "The loss of the data and each penalty have a share: one row for each"
        )

    def _sample(self, row: int) -> str:
        return f"sample {(self._rows[row] if self._rows else row) + 1}"

    def _formula(self, element: Element) -> Fragments:
        """Return the right side of a value of the forward pass, in symbols."""
        c = self._at(element)
        return FORMULAS[c.step.kind](c).symbols

    def _pre_activation(self, c: Context, element: Element) -> GradientPaths:
        """Return the paths through the activation: of its own unit, or of all units of the sample."""
        row, unit = element.index
        upstream = refs.grad(refs.activation(c.layer))
        if not c.activation().couples_units:
            path = GradientPath("", Element(upstream, element.index), (activation_link(c, element.index),))
            return single(path, c.number(upstream, element.index) * path.slope)

        def at(k: int) -> GradientPath:
            name = c.notation.text(refs.activation(c.layer), (row, k))
            return GradientPath(f"through {name}", Element(upstream, (row, k)), (matrix_link(c, k),))

        def share(k: int) -> float:
            return at(k).slope * c.number(upstream, (row, k))

        name = c.notation.text(refs.pre_activation(c.layer), element.index)
        title = f"Each activation of the sample depends on {name}: one row for each"
        return GradientPaths(c.units, at, share, title, unit)

    def _weight(self, c: Context, element: Element) -> GradientPaths:
        out, into = element.index
        delta, below = c.step.reads
        return self._over_batch(
            c, "w", delta, out, (refs.weight(c.layer), element.index), lambda row: (below, (row, into))
        )

    def _bias(self, c: Context, element: Element) -> GradientPaths:
        (out,) = element.index
        return self._over_batch(c, "b", c.step.reads[0], out, (refs.bias(c.layer), element.index), lambda _: None)

    def _over_batch(
        self,
        c: Context,
        name: str,
        delta: ValueRef,
        out: int,
        by: tuple[ValueRef, Index],
        carried: Callable[[int], tuple[ValueRef, Index] | None],
    ) -> GradientPaths:
        """Return one path for each sample of the batch, through the weighted sum of a unit."""

        def at(row: int) -> GradientPath:
            link = self._linear(c, name, Element(refs.pre_activation(c.layer), (row, out)), by, carried(row))
            return GradientPath(f"for {self._sample(row)}", Element(delta, (row, out)), (link,))

        def share(row: int) -> float:
            found = carried(row)
            return c.number(delta, (row, out)) * (1.0 if found is None else c.number(*found))

        title = "Every sample of the batch adds its share: one row for each"
        return GradientPaths(c.batch, at, share, title, c.sample)

    def _activation(self, c: Context, element: Element) -> GradientPaths:
        """Return the paths through the weighted sum of each unit of the layer above."""
        delta, weight = c.step.reads
        row, unit = element.index
        above = c.notation.value(delta).layer or 0
        base = refs.activation(above - 1)

        def at(out: int) -> GradientPath:
            name = c.notation.text(refs.pre_activation(above), (row, out))
            link = self._linear(
                c, "x", Element(refs.pre_activation(above), (row, out)), (base, element.index), (weight, (out, unit))
            )
            return GradientPath(f"through {name}", Element(delta, (row, out)), (link,))

        def share(out: int) -> float:
            return c.number(delta, (row, out)) * c.number(weight, (out, unit))

        name = c.notation.text(base, element.index)
        title = f"{name} feeds every unit of the next layer: one row for each"
        return GradientPaths(c.experiment.network.layers[above].units, at, share, title)

    def _linear(
        self,
        c: Context,
        name: str,
        z: Element,
        by: tuple[ValueRef, Index],
        slope: tuple[ValueRef, Index] | None,
    ) -> Link:
        """Return the weighted sum z, differentiated by what `name` says.

        The derivative is the element `slope`, or 1.
        """
        formula = self._formula(z)
        assert (slope is None) == (not isinstance(SLOPES[name], Symbol))
        return Link(
            "weighted sum",
            c.notation.latex(z.ref, z.index),
            c.notation.latex(*by),
            formula,
            () if slope is None else ((c.notation.latex(*slope),),),
            "1" if slope is None else c.notation.latex(*slope),
            nothing,
            1.0 if slope is None else c.number(*slope),
        )

    def _learned(self, c: Context, element: Element) -> GradientPaths:
        """Return the paths through the activation of each unit that has learned it, in each sample."""
        upstream = c.step.reads[0]
        units = learning_units(c)
        places = [(row, unit) for row in range(c.batch) for unit in units]

        def at(i: int) -> GradientPath:
            row, unit = places[i]
            what = f"for {self._sample(row)}" + (f", unit {unit + 1}" if len(units) > 1 else "")
            return GradientPath(what, Element(upstream, places[i]), (learned_link(c, places[i]),))

        def share(i: int) -> float:
            return at(i).slope * c.number(upstream, places[i])

        title = "Every sample of the batch adds its share: one row for each"
        if len(units) > 1:
            title = "Every unit that has learned it adds a share in every sample: one row for each"
        return GradientPaths(len(places), at, share, title, c.sample * len(units))
