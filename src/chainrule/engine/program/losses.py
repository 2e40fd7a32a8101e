"""The micro-steps of a loss and of its gradient: by PyTorch's own code where there is some, else by the formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes, has_ignored
from chainrule.catalog.loss import (
    IGNORE_INDEX,
    OUTPUT,
    OUTPUTS,
    SAMPLE,
    TARGET,
    UNIT,
    WEIGHT,
    Loss,
    LossTerm,
    own_arguments,
)
from chainrule.catalog.losses import LOG_SOFTMAX, LOSSES, SOFTMAX, TARGET_PROBABILITIES
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.kernels import losses as kernels
from chainrule.engine.program.lowering import lowered
from chainrule.engine.program.steps import MicroStep
from chainrule.formula.rule import Rule
from chainrule.formula.tree import Expr, Symbol, number, rebuilt, substituted, walk

TensorFunction = Callable[..., Tensor]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the steps of a loss depend on beside the loss.

    `classes` says that targets are (B, 1), the index of a class, and `ignores` that some of them are not counted.
    """

    outputs: int
    classes: bool = False
    ignores: bool = False
    dtype: torch.dtype = torch.float64
    device: str = "cpu"

    @classmethod
    def of(cls, experiment: Experiment) -> Setting:
        """Return what an experiment's loss depends on."""
        dtype: torch.dtype = getattr(torch, experiment.dtype)
        outputs, classes = experiment.network.outputs, has_classes(experiment)
        return cls(outputs, classes, has_ignored(experiment), dtype, experiment.device)


def data_loss_steps(experiment: Experiment) -> tuple[MicroStep, ...]:
    """Return the steps from the output (B, out) and the target to the loss (), and the one to the output's gradient."""
    output = refs.activation(len(experiment.network.layers) - 1)
    return steps_of(experiment.loss, output, Setting.of(experiment))


def steps_of(choice: Choice, output: ValueRef, setting: Setting) -> tuple[MicroStep, ...]:
    """Return the steps of a loss: what it shows on its way, the loss, and its gradient by the output."""
    entry = lookup(LOSSES, choice.name)
    places = {OUTPUT: output, TARGET: refs.TARGET}
    steps = []
    for term in shown_terms(entry, choice, setting.classes):
        writes = refs.loss_term(term.name)
        read = refs.TARGET if term is TARGET_PROBABILITIES else output
        formula = entry.said(term.formula if setting.classes else term.of_shares or term.formula, choice)
        rule = Rule(formula, (TARGET if read is refs.TARGET else OUTPUT,), (SAMPLE.name, UNIT.name))
        steps.append(MicroStep(StepKind.LOSS_TERM, writes, (read,), _term(term, choice, setting), rule, term))
        places[term.symbol] = writes
    places.setdefault(TARGET_PROBABILITIES.symbol, refs.TARGET)
    for kind, writes, tree, make in (
        (StepKind.LOSS, refs.LOSS, entry.tree(choice), _loss),
        (StepKind.OUTPUT_GRADIENT, refs.grad(output), entry.slope_tree(choice), _gradient),
    ):
        names = _named(entry, tree)
        reads: tuple[ValueRef, ...] = tuple(places[name] for name in names)
        named = names
        if counts_classes(choice, setting) and refs.TARGET not in reads:
            # What divides the sum of the terms goes by the classes.
            reads, named = (*reads, refs.TARGET), (*names, TARGET)
        indices = () if kind is StepKind.LOSS else (SAMPLE.name, UNIT.name)
        steps.append(MicroStep(kind, writes, reads, make(choice, setting, names), Rule(tree, named, indices)))
    return tuple(steps)


def shown_terms(entry: Loss, choice: Choice, classes: bool) -> tuple[LossTerm, ...]:
    """Return the terms that are computed: the target's probabilities only where the target does not give them."""
    given = not (classes or choice.arguments.get("label_smoothing"))
    return tuple(term for term in entry.terms if not (given and term is TARGET_PROBABILITIES))


def counts_classes(choice: Choice, setting: Setting) -> bool:
    """Return whether what a sample counts depends on its class: some are ignored, or their weights are added up."""
    weighted = choice.arguments.get(WEIGHT) is not None and choice["reduction"] == "mean"
    return setting.classes and (weighted or setting.ignores)


def named_in(choice: Choice) -> tuple[str, ...]:
    """Return the values that the formula of a loss's terms reads, as `term_function` takes them."""
    return _named(LOSSES[choice.name], LOSSES[choice.name].tree(choice))


def _named(entry: Loss, tree: Expr) -> tuple[str, ...]:
    """Return the values that a formula reads, a target last; and the output for its shape, if no other has that."""
    order = (OUTPUT, *(term.symbol for term in entry.terms), TARGET)
    # Within indices, too: `o[n,t[n]]` is the output for the target's class.
    found = {each.name for each in walk(tree) if isinstance(each, Symbol)}
    names = tuple(name for name in order if name in found)
    return names if set(names) - {TARGET} else (OUTPUT, *names)


# ---------------------------------------------------------------------------------------------------- computations


def term_function(choice: Choice, setting: Setting) -> TensorFunction:
    """Return the terms of a loss, of the values that its formula names."""
    entry = LOSSES[choice.name]
    kernel = kernels.KERNELS.get(choice.name)
    if kernel is not None:
        return _with_arguments(kernel.term, entry, choice, setting)
    tree = entry.tree(choice)
    return _by_formula(choice, setting, tree, _named(entry, tree), ("n",))


def slope_function(choice: Choice, setting: Setting) -> TensorFunction:
    """Return the derivatives of the terms by each output, (B, out), of the values that their formula names."""
    entry = LOSSES[choice.name]
    kernel = kernels.KERNELS.get(choice.name)
    if kernel is not None:
        return _with_arguments(kernel.slope, entry, choice, setting)
    tree = entry.slope_tree(choice)
    return _by_formula(choice, setting, tree, _named(entry, tree), ("n", "k"))


def _with_arguments(kernel: TensorFunction, entry: Loss, choice: Choice, setting: Setting) -> TensorFunction:
    arguments: dict[str, object] = {
        name: _tensor(value, setting) if isinstance(value, tuple) else value
        for name, value in own_arguments(choice).items()
        if name != IGNORE_INDEX
    }
    if entry.of_classes:
        arguments["classes"] = setting.classes
    return (lambda *operands: kernel(*operands, **arguments)) if arguments else kernel


def _tensor(numbers: object, setting: Setting) -> Tensor:
    return torch.tensor(numbers, dtype=setting.dtype, device=setting.device)


def _by_formula(
    choice: Choice, setting: Setting, tree: Expr, names: tuple[str, ...], over: tuple[str, ...]
) -> TensorFunction:
    """Return a formula of the loss as a function of tensors, for each sample and, where there are no classes, each
    output.
    """
    entry = LOSSES[choice.name]
    lists = {name: _tensor(value, setting) for name in entry.lists if (value := choice.arguments.get(name)) is not None}
    exact = substituted(tree, _numbers(entry, choice, setting))
    if not entry.of_classes:
        # A number for each output stands along the last axis, as the outputs do.
        compute = lowered(_without_indices(exact, lists))
        return lambda *operands: compute(dict(zip(names, operands, strict=True)) | lists).expand_as(operands[0])
    compute = lowered(exact, over, {"k": setting.outputs})

    def function(*operands: Tensor) -> Tensor:
        values = dict(zip(names, operands, strict=True))
        if setting.classes and TARGET in values:
            values[TARGET] = values[TARGET].squeeze(1)
        found = compute(values | lists)
        return found.reshape(-1, 1) if len(over) == 1 else found.expand_as(operands[0])

    return function


def _numbers(entry: Loss, choice: Choice, setting: Setting) -> dict[str, Expr]:
    """Return the numbers of a formula that are no values: arguments, constants, and how many outputs there are."""
    found = {name: constant.value for name, constant in entry.constants.items()} | {OUTPUTS: setting.outputs}
    given = {name: value for name, value in own_arguments(choice).items() if isinstance(value, int | float)}
    return {name: number(value) for name, value in (found | given).items()}


def _without_indices(expr: Expr, names: Mapping[str, Tensor]) -> Expr:
    if isinstance(expr, Symbol) and expr.name in names:
        return Symbol(expr.name)
    return rebuilt(expr, lambda part: _without_indices(part, names))


def _term(term: LossTerm, choice: Choice, setting: Setting) -> TensorFunction:
    """Return what a loss shows on its way, (B, out)."""
    if term is not TARGET_PROBABILITIES:
        return {SOFTMAX: kernels.softmax, LOG_SOFTMAX: kernels.log_softmax}[term]
    outputs, classes, smoothing = setting.outputs, setting.classes, choice.number("label_smoothing")

    def probabilities(target: Tensor) -> Tensor:
        found = kernels.target_probabilities(target, outputs, classes, smoothing)
        return torch.where(_ignored(choice, target), 0.0, found) if setting.ignores else found

    return probabilities


def _ignored(choice: Choice, target: Tensor) -> Tensor:
    """Return which samples have the class that is ignored, (B, 1) -> (B, 1)."""
    if choice.arguments.get(IGNORE_INDEX) is None:
        return torch.zeros_like(target, dtype=torch.bool)
    return torch.eq(target, choice.number(IGNORE_INDEX))


def _loss(choice: Choice, setting: Setting, names: tuple[str, ...]) -> TensorFunction:
    """Return the loss of a batch, ()."""
    return _reduced(choice, setting, names, term_function(choice, setting))


def computed_by(tree: Expr, step: MicroStep, choice: Choice, setting: Setting) -> TensorFunction:
    """Return what a step of the loss would compute if its formula were another, of the same names: the terms added up
    and divided as the reduction says, or the derivatives.
    """
    assert step.rule is not None
    names = tuple(name for name in step.rule.names if name)
    if step.kind is StepKind.LOSS:
        return _reduced(choice, setting, names, _by_formula(choice, setting, tree, names, ("n",)))
    return _divided(choice, setting, names, _by_formula(choice, setting, tree, names, ("n", "k")))


def _reduced(choice: Choice, setting: Setting, names: tuple[str, ...], term: TensorFunction) -> TensorFunction:
    entry = LOSSES[choice.name]
    if not counts_classes(choice, setting):
        return lambda *operands: term(*operands).sum() / entry.divisor(choice, *operands[0].shape)
    divisor = _divisor(choice, setting)

    def compute(*operands: Tensor) -> Tensor:
        counted, target, ignored = _counted(choice, operands, len(names))
        return torch.where(ignored, 0.0, term(*counted)).sum() / divisor(target, ignored)

    return compute


def row_loss_function(choice: Choice, setting: Setting) -> TensorFunction:
    """Return the loss of each row, (B,), of what the step of the loss reads.

    It is torch's without a reduction, of a row's outputs the mean where the loss is a mean, else the sum. NaN for a row
    that is ignored.
    """
    entry, term, count = LOSSES[choice.name], term_function(choice, setting), len(named_in(choice))
    of_one_row = entry.divisor(choice, 1, setting.outputs)
    if not counts_classes(choice, setting):
        return lambda *operands: term(*operands).sum(1) / of_one_row

    def compute(*operands: Tensor) -> Tensor:
        counted, _, ignored = _counted(choice, operands, count)
        return torch.where(ignored[:, 0], torch.nan, term(*counted).sum(1))

    return compute


def _gradient(choice: Choice, setting: Setting, names: tuple[str, ...]) -> TensorFunction:
    """Return the derivative of the reduced loss by each output, (B, out)."""
    return _divided(choice, setting, names, slope_function(choice, setting))


def _divided(choice: Choice, setting: Setting, names: tuple[str, ...], slope: TensorFunction) -> TensorFunction:
    entry = LOSSES[choice.name]
    if not counts_classes(choice, setting):
        return lambda *operands: slope(*operands) / entry.divisor(choice, *operands[0].shape)
    divisor = _divisor(choice, setting)

    def compute(*operands: Tensor) -> Tensor:
        counted, target, ignored = _counted(choice, operands, len(names))
        # Where all are ignored the loss has no value, and even so torch has a slope: 0.
        return torch.where(ignored, 0.0, slope(*counted) / divisor(target, ignored))

    return compute


def _counted(choice: Choice, operands: tuple[Tensor, ...], count: int) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
    """Return what the formula reads, the target, and which of it is ignored.

    There it is another class, that there is.
    """
    *others, target = operands
    ignored = _ignored(choice, target)
    target = torch.where(ignored, 0.0, target)
    return (*others, target)[:count], target, ignored


def _divisor(choice: Choice, setting: Setting) -> Callable[[Tensor, Tensor], Tensor | int]:
    """Return what the sum of the terms is divided by where some classes count more than others, or not at all."""
    entry, weight = LOSSES[choice.name], choice.arguments.get(WEIGHT)
    if choice["reduction"] != "mean":
        return lambda target, ignored: entry.divisor(choice, len(target), setting.outputs)
    if weight is None:
        return lambda target, ignored: (~ignored).to(target.dtype).sum()
    weights = _tensor(weight, setting)
    return lambda target, ignored: torch.where(ignored, 0.0, weights[target.long()]).sum()
