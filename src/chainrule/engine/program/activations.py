"""What an activation computes: by PyTorch's own code where `kernels` has it, else by its formula and its derivative."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from torch import Tensor

from chainrule.catalog.activation import Activation, Learned
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.engine.kernels.activations import KERNELS
from chainrule.engine.program.lowering import lowered
from chainrule.formula.rule import UPSTREAM
from chainrule.formula.tree import TWO, Divide, Expr, Multiply, Power, rebuilt, symbols_of

TensorFunction = Callable[..., Tensor]


def forward(choice: Choice) -> TensorFunction:
    """Return the function with its arguments: (z, what it learns) -> a, (B, out)."""
    entry, kernel, arguments = ACTIVATIONS[choice.name], KERNELS.get(choice.name), dict(choice.arguments)
    if kernel is None:
        return _computed(entry, choice, entry.tree(choice), ("z",), ("n", "k"))
    function = kernel.forward
    return (lambda *operands: function(*operands, **arguments)) if arguments else function


def slope(choice: Choice) -> TensorFunction:
    """Return f'(z) of an activation of each number for itself: (z, a, what it learns) -> (B, out)."""
    entry, kernel, arguments = ACTIVATIONS[choice.name], KERNELS.get(choice.name), dict(choice.arguments)
    if entry.couples_units:
        raise TypeError(f"the derivative of {entry.name} is a matrix")
    if kernel is None or kernel.slope is None:
        return _computed(entry, choice, divided_in_steps(entry.slope_tree(choice)), ("z", "a"))
    function = kernel.slope
    return (lambda *operands: function(*operands, **arguments)) if arguments else function


def backward(choice: Choice) -> TensorFunction:
    """Return dL/dz of all of a layer: (dL/da, z, a, what it learns) -> (B, out)."""
    entry, kernel = ACTIVATIONS[choice.name], KERNELS.get(choice.name)
    if not entry.couples_units:
        derivative = slope(choice)
        return lambda grad, *operands: grad * derivative(*operands)
    if kernel is not None and kernel.pull_back is not None:
        pull_back = kernel.pull_back
        return lambda grad, z, a: pull_back(grad, a)
    rule = entry.slope_rule(choice)
    return _computed(entry, choice, rule.formula, (UPSTREAM, "z", "a"), rule.indices)


def jacobian(choice: Choice) -> TensorFunction:
    """Return all da_k / dz_i of an activation that couples units: (z, a) -> (B, out, out) with k first."""
    entry, kernel = ACTIVATIONS[choice.name], KERNELS.get(choice.name)
    if kernel is not None and kernel.jacobian is not None:
        return kernel.jacobian
    return _computed(entry, choice, entry.slope_tree(choice), ("z", "a"), ("n", "k", "i"))


def learned_slope(choice: Choice, vector: Learned) -> TensorFunction:
    """Return da by each number of a learned vector, of what `learned_operands` names."""
    entry, kernel = ACTIVATIONS[choice.name], KERNELS.get(choice.name)
    if kernel is not None and vector.name in kernel.learned:
        return kernel.learned[vector.name]
    operands = learned_operands(choice, vector)
    return _lowered(entry.with_numbers(entry.learned_slope(vector, choice), choice), operands, ())


def learned_operands(choice: Choice, vector: Learned) -> tuple[str, ...]:
    """Return what da by a learned vector is computed from: z, and learned vectors, by their names in formulas."""
    entry = ACTIVATIONS[choice.name]
    named = symbols_of(entry.with_numbers(entry.learned_slope(vector, choice), choice))
    return tuple(name for name in ("z", *(each.name for each in entry.learned)) if name in named)


def learned_backward(choice: Choice, vector: Learned, shared: bool) -> TensorFunction:
    """Return dL by a learned vector, the sum of dL/da da/dw over the batch, and over the units where they share it.

    (dL/da, its operands) -> (1,) or (out,).
    """
    derivative = learned_slope(choice, vector)
    if shared:
        return lambda grad, *operands: (grad * derivative(*operands)).sum().reshape(1)
    return lambda grad, *operands: (grad * derivative(*operands)).sum(0)


def helper(choice: Choice) -> TensorFunction:
    """Return the part of the slope that has a letter of its own: z -> its number."""
    entry, kernel = ACTIVATIONS[choice.name], KERNELS.get(choice.name)
    if kernel is not None and kernel.helper is not None:
        return kernel.helper
    tree = entry.helper_tree(choice)
    assert tree is not None
    return _computed(entry, choice, tree, ("z",))


def _computed(
    entry: Activation, choice: Choice, tree: Expr, operands: tuple[str, ...], over: tuple[str, ...] = ()
) -> TensorFunction:
    """Return a formula of the activation as a function of tensors: of the operands, and then of what is learned."""
    names = (*operands, *(vector.name for vector in entry.learned))
    return _lowered(entry.with_numbers(tree, choice), names, over if entry.couples_units else ())


def divided_in_steps(tree: Expr) -> Expr:
    """Return the formula with no division by a square, which may be too large for its dtype, or 0, where the quotient
    is not.

    So autograd divides, too: by a factor after another.
    """
    found = rebuilt(tree, divided_in_steps)
    if not isinstance(found, Divide):
        return found
    below = found.bottom.factors if isinstance(found.bottom, Multiply) else (found.bottom,)
    factors: list[Expr] = []
    for factor in below:
        is_square = isinstance(factor, Power) and factor.exponent == TWO
        factors += [factor.base, factor.base] if isinstance(factor, Power) and is_square else [factor]
    if len(factors) == len(below):
        return found
    quotient = found.top
    for factor in factors:
        quotient = Divide(quotient, factor)
    return quotient


@lru_cache(maxsize=256)
def _lowered(tree: Expr, names: tuple[str, ...], over: tuple[str, ...]) -> TensorFunction:
    compute = lowered(tree, over)

    def function(*operands: Tensor) -> Tensor:
        found, first = compute(dict(zip(names, operands, strict=True))), operands[0] if operands else None
        if over or first is None or found.shape == first.shape:
            return found
        # A formula without z has one number for all.
        return found.expand_as(first).clone()

    return function
