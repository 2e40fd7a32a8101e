r"""The formula of a loss as a whole, and of the gradient of all outputs: \frac{1}{N}\cdot(P-Q)."""

from __future__ import annotations

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes, has_ignored
from chainrule.catalog.loss import SAMPLE, TARGET, UNIT, LossTerm
from chainrule.catalog.losses import LOSSES, TARGET_PROBABILITIES
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.formulas.loss_divisor import tensor_divisor, tensor_sums
from chainrule.explain.formulas.loss_names import Naming
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.formula_latex import general, in_latex
from chainrule.formula.cases import branches
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import ZERO, Cases, Compare, Expr, Negative, Sum, Symbol, rebuilt, substituted, walk
from chainrule.formula.writing.printing import Leaf, Level, Printed

# Where the target's class is, as a value of its own: a row of zeros with a 1.
_IS_CLASS = Compare("==", Symbol(TARGET, (SAMPLE,)), UNIT)
_ONE_HOT = Symbol("one_hot", (SAMPLE, UNIT))


def loss_term_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return what a loss shows on its way."""
    term = step.entry
    assert isinstance(term, LossTerm)
    if term is not TARGET_PROBABILITIES:
        return rf"\mathrm{{{term.function}}}({notation.tensor_latex(step.reads[0])})"
    naming = Naming.of(experiment, notation)
    tree = naming.entry.said(term.formula if has_classes(experiment) else term.of_shares, experiment.loss)
    if not experiment.loss.number("label_smoothing"):
        tree = simplify(substituted(tree, {"label_smoothing": ZERO}))
    return in_latex(_with_one_hot(tree), _of_tensors(naming))


def loss_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return L of a batch."""
    naming = Naming.of(experiment, notation)
    tree, divisor = naming.indexed(naming.entry.tree(experiment.loss)), tensor_divisor(experiment, notation)
    sign, body = ("-", tree.body) if isinstance(tree, Negative) else ("", tree)
    sums = tensor_sums(experiment, notation)
    sums += r"\sum_{k}" if not naming.entry.of_classes and naming.outputs > 1 else ""
    leaf = naming.symbols({}, SAMPLE.name, "K")
    front = rf"\frac{{1}}{{{divisor}}}\," if divisor else ""
    return sign + front + sums + (in_latex(body, leaf) if isinstance(body, Sum) else general(body, leaf))


def output_gradient_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return dL/do of all outputs: of whole tensors, where their formula needs no index."""
    naming = Naming.of(experiment, notation)
    entry = lookup(LOSSES, experiment.loss.name)
    tree, divisor = naming.indexed(entry.slope_tree(experiment.loss)), tensor_divisor(experiment, notation)
    front = rf"\frac{{1}}{{{divisor}}}\cdot " if divisor else ""
    if len(branches(tree)) > 1:
        tensors = ",".join(notation.tensor_latex(ref) for ref in step.reads)
        return rf"{front}\mathrm{{{entry.name}}}'({tensors})"
    sign, body = ("-", tree.body) if isinstance(tree, Negative) else ("", tree)
    if has_ignored(experiment) or any(_has_own_index(each, naming) for each in walk(body)):
        leaf = naming.symbols({}, SAMPLE.name, "K")
    else:
        body, leaf = _with_one_hot(body), _of_tensors(naming)
    return sign + front + general(body, leaf) if front else sign + in_latex(body, leaf)


def _with_one_hot(tree: Expr) -> Expr:
    if isinstance(tree, Cases) and tree.cases[0][0] == _IS_CLASS:
        return _ONE_HOT
    return rebuilt(tree, _with_one_hot)


def _has_own_index(found: Expr, naming: Naming) -> bool:
    """Return whether it is a number for each output, a sum over them, or an output that a class says."""
    if isinstance(found, Sum):
        return True
    if not isinstance(found, Symbol) or not found.indices:
        return False
    return found.name not in naming.places or found.indices not in ((SAMPLE, UNIT), (SAMPLE,))


def _of_tensors(naming: Naming) -> Leaf:
    """Return what writes values as whole tensors."""
    others = naming.symbols({}, outputs="K")

    def leaf(found: Symbol) -> Printed:
        if found == _ONE_HOT:
            return Printed(rf"\mathrm{{OneHot}}({naming.notation.tensor_latex(refs.TARGET)})")
        if found.name in naming.places:
            text = naming.notation.tensor_latex(naming.places[found.name])
            return Printed(text, Level.POWER if "^" in text else Level.ATOM)
        return others(found)

    return leaf
