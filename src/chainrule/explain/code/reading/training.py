"""Losses, optimizers, schedulers, clipping and data loaders of a script."""

from __future__ import annotations

import ast
import re
from typing import Any

from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS, SEQUENTIAL
from chainrule.explain.code.reading.findings import Effect, NotUnderstoodError
from chainrule.explain.code.reading.modules import WITHOUT_EFFECT, argument_from, as_signal, choice_from
from chainrule.explain.code.reading.state import ScriptCall, whole
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    BatchLoader,
    PenaltyTerm,
    RowSet,
    ScriptArray,
    ScriptCriterion,
    ScriptFunction,
    ScriptLoss,
    ScriptOptimizer,
    ScriptScheduler,
)

# Losses by the names of their functions in `torch.nn.functional`.
FUNCTIONAL_LOSSES = {
    "mse_loss": "MSELoss",
    "l1_loss": "L1Loss",
    "smooth_l1_loss": "SmoothL1Loss",
    "huber_loss": "HuberLoss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
}
TORCH_LOSSES = frozenset(FUNCTIONAL_LOSSES.values())
# What stands first in torch's order; the rest is given by name.
_FIRST = {"HuberLoss": ("reduction", "delta")}
_ROOT_OF_POWER = 2


def criterion_of(name: str, call: ScriptCall) -> ScriptCriterion:
    """Return a loss of `torch.nn` with its arguments."""
    order = _FIRST.get(name, ("weight",))
    known = {argument.name for argument in LOSSES[name].arguments}
    given = {**dict(zip(order, call.args, strict=False)), **call.named}
    arguments = {}
    for key, value in given.items():
        if key in known and value is not None:
            arguments[key] = argument_from(value, key)
        elif value is not None and key not in WITHOUT_EFFECT:
            raise NotUnderstoodError(f"{key} is not known")
    return ScriptCriterion(Choice(name, arguments))


def functional_loss(name: str, call: ScriptCall) -> ScriptLoss:
    """Return what a loss of `torch.nn.functional` computes."""
    output, target = call.get(0, "input"), call.get(1, "target")
    rest = ScriptCall(call.caller, call.args[2:], {k: v for k, v in call.named.items() if k not in _OF_LOSS}, call.node)
    return loss_of(criterion_of(FUNCTIONAL_LOSSES[name], rest), output, target, call)


_OF_LOSS = ("input", "target")


def loss_of(function: ScriptCriterion, output: object, target: object, call: ScriptCall) -> ScriptLoss:
    """Return the loss of outputs and targets."""
    signal = as_signal(output)
    if not signal.layers and hasattr(target, "layers"):
        text = "outputs come first, then targets; they were taken the other way round"
        call.state.findings.add(call.line, text, Effect.CHOSEN)
        signal, target = as_signal(target), output
    if not signal.layers:
        raise NotUnderstoodError("what it compares does not come out of a network")
    made = ScriptLoss(function.choice, signal, target, line=call.line)
    if not call.state.without_gradient:
        call.state.training.losses.append(made)
    return made


# ---------------------------------------------------------------------------------------------------- optimizers


def optimizer(name: str, call: ScriptCall) -> ScriptOptimizer:
    """Return an optimizer of `torch.optim` with its groups of parameters."""
    rest = call.without_first() if call.args else ScriptCall(call.caller, [], dict(call.named), call.node)
    given = call.args[0] if call.args else rest.named.pop("params", None)
    choice = choice_from(name, OPTIMIZERS[name].arguments, rest)
    groups = [_group(item, name) for item in _groups(given)]
    made = ScriptOptimizer(choice, groups, call.line)
    call.state.training.optimizers.append(made)
    return made


def _groups(given: object) -> list[Any]:
    if isinstance(given, list | tuple) and given and all(isinstance(item, dict) for item in given):
        return list(given)
    return [{"params": given}]


def _group(item: dict[str, Any], name: str) -> tuple[list[ScriptArray], dict[str, Any]]:
    params = item.get("params")
    found = [params] if isinstance(params, ScriptArray) else params
    if not isinstance(found, list | tuple) or not all(isinstance(each, ScriptArray) for each in found):
        raise NotUnderstoodError("which parameters it trains is not known")
    known = {argument.name for argument in OPTIMIZERS[name].arguments}
    own = {key: argument_from(value, key) for key, value in item.items() if key in known}
    return list(found), own


def optimizer_method(owner: ScriptOptimizer, name: str, call: ScriptCall) -> object:
    """Follow a call of an optimizer's method."""
    training = call.state.training
    if name == "step":
        training.stepped = owner
        if call.args and isinstance(call.args[0], ScriptFunction):
            call.caller.call(call.args[0], [], {}, call.node)
    elif name == "zero_grad":
        training.clears = True
    elif name not in ("state_dict", "train", "eval"):
        raise NotUnderstoodError
    return UNKNOWN


def scheduler(name: str, call: ScriptCall) -> object:
    """Return a scheduler of `torch.optim.lr_scheduler`."""
    if name == "ChainedScheduler":
        parts = call.get(0, "schedulers", [])
        first = parts[0] if isinstance(parts, list | tuple) and parts else None
        text = "ChainedScheduler is not known here: its first scheduler was taken alone"
        call.state.findings.add(call.line, text)
        return first if isinstance(first, ScriptScheduler) else UNKNOWN
    rest = call.without_first() if call.args else call
    rest = ScriptCall(rest.caller, rest.args, {k: v for k, v in rest.named.items() if k != "optimizer"}, rest.node)
    if name == SEQUENTIAL:
        parts = rest.needed(0, "schedulers")
        if not isinstance(parts, list | tuple) or not all(isinstance(part, ScriptScheduler) for part in parts):
            raise NotUnderstoodError("its schedulers are not known")
        choices = tuple(part.choice for part in parts)
        milestones = argument_from(rest.needed(1, "milestones"), "milestones")
        choice = Choice(SEQUENTIAL, {"schedulers": choices, "milestones": milestones})
    elif name in SCHEDULERS:
        rest = ScriptCall(rest.caller, [_lambda_text(a) for a in rest.args], _with_lambdas(rest.named), rest.node)
        arguments = [each for each in SCHEDULERS[name].arguments if each.name != "interval"]
        choice = choice_from(name, arguments, rest)
    else:
        raise NotUnderstoodError
    made = ScriptScheduler(choice, call.line)
    call.state.training.schedulers.append(made)
    return made


def _with_lambdas(named: dict[str, object]) -> dict[str, object]:
    return {key: _lambda_text(value) for key, value in named.items()}


def _lambda_text(value: object) -> object:
    """Return the text of a function of the epoch, as the tables keep it; other values as they are."""
    if not isinstance(value, ScriptFunction):
        return value
    body = value.body
    if isinstance(body, list):
        kept = [each for each in body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
        if len(kept) != 1 or not isinstance(kept[0], ast.Return) or kept[0].value is None:
            raise NotUnderstoodError("only a function of one expression is known here")
        body = kept[0].value
    names = [argument.arg for argument in value.arguments.args]
    if len(names) != 1:
        raise NotUnderstoodError("a function of the epoch alone is expected")
    text = ast.unparse(body)
    text = re.sub(r"\b(math|np|numpy)\.", "", text)

    def put(match: re.Match[str]) -> str:
        name = match.group()
        known = value.scope.get(name)
        if name == names[0]:
            return "epoch"
        return f"({known!r})" if isinstance(known, int | float) and not isinstance(known, bool) else name

    return re.sub(r"(?<![\w.])[A-Za-z_]\w*", put, text)


def scheduler_method(owner: ScriptScheduler, name: str, call: ScriptCall) -> object:
    """Follow a call of a scheduler's method: where it steps says after what it steps."""
    if name == "step":
        training = call.state.training
        if training.scheduler is not None and training.scheduler is not owner:
            text = "a second scheduler steps here, and was left out"
            call.state.findings.add(call.line, text)
            return UNKNOWN
        training.scheduler = owner
        training.interval = "iteration" if call.state.loops[-1:] == ["batch"] else "epoch"
    return UNKNOWN


def clip(name: str, call: ScriptCall) -> object:
    """Follow a clipping of gradients."""
    rest = call.without_first()
    rest.named.pop("parameters", None)
    for key in ("error_if_nonfinite", "foreach"):
        rest.named.pop(key, None)
    call.state.training.clipping = choice_from(name, CLIPPINGS[name].arguments, rest)
    return UNKNOWN


# ---------------------------------------------------------------------------------------------------------- data


def row_set(call: ScriptCall) -> RowSet:
    """Return a `TensorDataset`."""
    return RowSet(tuple(call.args))


def batch_loader(call: ScriptCall) -> BatchLoader:
    """Return a `DataLoader`."""
    rows, size, shuffle = call.get(0, "dataset"), call.get(1, "batch_size", 1), call.get(2, "shuffle", False)
    if isinstance(rows, list | tuple) and all(isinstance(each, tuple) for each in rows):
        raise NotUnderstoodError("a list of pairs is not followed")
    found = rows if isinstance(rows, RowSet) else RowSet((UNKNOWN, UNKNOWN))
    return BatchLoader(found, whole(size, "batch_size") if size is not None else None, bool(shuffle))


# --------------------------------------------------------------------------------------------------- penalties


def penalty_term(kind: str, parameter: ScriptArray) -> PenaltyTerm:
    """Return the squares, or the sizes, of a parameter, before they are added up."""
    return PenaltyTerm(((kind, parameter, 1.0),), is_sum=False)


def penalty_function(value: object, name: str, call: ScriptCall) -> object:
    """Return what is made of a parameter to penalize its size; None where it is none of these."""
    if isinstance(value, PenaltyTerm):
        if name == "sum":
            return PenaltyTerm(value.parts)
        return None
    if not isinstance(value, ScriptArray) or not value.learned:
        return None
    power = call.get(0, "exponent") if name == "pow" else _ROOT_OF_POWER if name == "square" else None
    if power == _ROOT_OF_POWER:
        return penalty_term("L2", value)
    if name in ("abs", "absolute"):
        return penalty_term("L1", value)
    if name == "norm" and call.get(0, "p", _ROOT_OF_POWER) in (1, 1.0):
        return PenaltyTerm((("L1", value, 1.0),))
    return None


def scaled_penalty(term: PenaltyTerm, factor: float) -> PenaltyTerm:
    """Return a multiple of a penalty."""
    return PenaltyTerm(tuple((kind, each, own * factor) for kind, each, own in term.parts), term.is_sum)
