"""What a script does to the outputs of layers beside calling modules: arithmetic, reshaping, measuring."""

from __future__ import annotations

import ast

from chainrule.catalog.arguments import Choice
from chainrule.explain.code.reading.findings import Effect, NotUnderstoodError, words
from chainrule.explain.code.reading.modules import (
    LONGEST_FORMULA,
    activate,
    as_signal,
    followed,
    functional,
    through_linear,
    together,
)
from chainrule.explain.code.reading.state import ScriptCall
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    ErrorTerm,
    ScriptArray,
    ScriptLoss,
    ScriptModule,
    Signal,
)
from chainrule.formula.errors import FormulaError
from chainrule.formula.parse import read

# Of a weight.
AXES = 2
# The functions of one number that formulas have.
OF_FORMULAS = {"absolute": "abs"} | {
    name: name for name in words("exp log sqrt abs sign sin cos tan sinh cosh tanh sigmoid relu softplus erf floor")
}
# These say where a signal is, or how it lies in memory.
_SAME = words(
    """
    to cpu cuda detach clone contiguous float double requires_grad_ type
    """
)
_MEASURED = words(
    """
    argmax max min topk round item numpy tolist eq gt lt ge le size shape dim numel std var any all data grad sort
    backward retain_grad register_hook int long bool norm
    """
)
_RESHAPED = words(
    """
    view reshape flatten squeeze unsqueeze view_as reshape_as ravel
    """
)
_SYMBOLS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}


def signal_method(signal: Signal, name: str, call: ScriptCall) -> object:
    """Return what a method makes of the outputs of a layer."""
    if name in _SAME:
        return signal
    if name in _MEASURED:
        return UNKNOWN
    if name in _RESHAPED:
        return _reshaped(signal, name, call)
    return element_function(name, ScriptCall(call.caller, [signal, *call.args], call.named, call.node))


def element_function(name: str, call: ScriptCall) -> object:
    """Return a function of torch's of a signal, or of an error term."""
    value = call.get(0, "input")
    if name in ("mean", "sum"):
        return reduced(value, name, call)
    if isinstance(value, ErrorTerm):
        return _term_function(value, name, call)
    signal = as_signal(value)
    if name == "where":
        return chosen_by(call)
    if name in ("matmul", "mm"):
        return matrix_product(signal, call.get(1, "other"), call)
    if name in ("clamp", "clip", "clamp_min"):
        return _clamped(signal, name, call)
    if name in ("pow", "square"):
        return followed(signal, f"({{}})^{_literal(call.get(1, 'exponent', 2))}")
    if activation := functional(name):
        return activation(call)
    if name in OF_FORMULAS:
        return followed(signal, f"{OF_FORMULAS[name]}({{}})")
    if name in _RESHAPED:
        return _reshaped(signal, name, call.without_first())
    if name in _MEASURED:
        return UNKNOWN
    raise NotUnderstoodError


def _term_function(value: ErrorTerm, name: str, call: ScriptCall) -> object:
    if name == "where":
        return chosen_by(call)
    if name in ("pow", "square"):
        return _term(f"({value.text})^{_literal(call.get(1, 'exponent', 2))}", value)
    if name in OF_FORMULAS:
        return _term(f"{OF_FORMULAS[name]}({value.text})", value)
    if name in ("view", "reshape", "flatten", "squeeze"):
        return value
    raise NotUnderstoodError


def _reshaped(signal: Signal, name: str, call: ScriptCall) -> Signal:
    """Return the signal: here outputs are rows, and what is changed is whether one output is an axis of its own."""
    if not signal.layers:
        return signal
    sizes = call.args[0] if len(call.args) == 1 and isinstance(call.args[0], list | tuple) else call.args
    if name == "squeeze" or (name in ("flatten", "ravel") and not sizes):
        return signal.then(is_flat=True)
    if name in ("view", "reshape"):
        return signal.then(is_flat=len(sizes) == 1)
    return signal.then(is_flat=False)


def _clamped(signal: Signal, name: str, call: ScriptCall) -> object:
    low, high = call.get(1, "min"), call.get(2, "max") if name != "clamp_min" else None
    if low == 0 and high is None:
        text = "clamp(min=0) was taken for ReLU, whose slope at 0 is 0"
        call.state.findings.add(call.line, text, Effect.CHOSEN)
        return activate(signal, Choice("ReLU"), call)
    if isinstance(low, int | float) and isinstance(high, int | float):
        return activate(signal, Choice("Hardtanh", {"min_val": float(low), "max_val": float(high)}), call)
    raise NotUnderstoodError


def matrix_product(signal: Signal, weight: object, call: ScriptCall) -> Signal:
    """Return a layer whose weight, (in, out), is multiplied from the right, as scripts without modules have it."""
    if not isinstance(weight, ScriptArray) or len(weight.shape) != AXES or not (weight.learned or weight.frozen):
        raise NotUnderstoodError
    module = ScriptModule("matrix", {"weight": weight, "in_features": weight.shape[0], "out_features": weight.shape[1]})
    module.line = call.line
    return through_linear(module, signal, call)


def combined(operator: ast.operator, left: object, right: object, call: ScriptCall) -> object:
    """Return what arithmetic makes of signals, error terms, targets and numbers."""
    symbol = _SYMBOLS.get(type(operator))
    if isinstance(operator, ast.MatMult):
        return matrix_product(as_signal(left), right, call)
    if symbol is None:
        raise NotUnderstoodError
    if isinstance(left, Signal) and isinstance(right, Signal):
        return (
            together(symbol, left, right)
            if left.layers and right.layers
            else max(left, right, key=lambda each: len(each.layers))
        )
    if isinstance(left, ErrorTerm) or isinstance(right, ErrorTerm):
        return _terms(symbol, left, right)
    signal, other = (left, right) if isinstance(left, Signal) else (right, left)
    assert isinstance(signal, Signal)
    if symbol == "+" and _is_bias(signal, other):
        assert isinstance(other, ScriptArray)
        return _with_bias(signal, other)
    if isinstance(other, ScriptArray) and not other.shape and not other.learned:
        other = other.tensor.item()
    if isinstance(other, bool | int | float):
        text = _literal(other)
        template = f"({{}}) {symbol} {text}" if signal is left else f"{text} {symbol} ({{}})"
        return followed(signal, template)
    if isinstance(other, ScriptArray) or other is UNKNOWN:
        return _terms(symbol, left, right)
    raise NotUnderstoodError


def _is_bias(signal: Signal, other: object) -> bool:
    if not isinstance(other, ScriptArray) or not (other.learned or other.frozen) or not signal.layers:
        return False
    last = signal.layers[-1]
    return last.module.kind == "matrix" and "bias" not in last.module.attributes and signal.after == "z"


def _with_bias(signal: Signal, bias: ScriptArray) -> Signal:
    last = signal.layers[-1]
    last.module.attributes["bias"] = bias
    return signal


def _terms(symbol: str, left: object, right: object) -> ErrorTerm:
    known = next(each for each in (left, right) if isinstance(each, ErrorTerm | Signal))
    output = known.output if isinstance(known, ErrorTerm) else known.then(after="z")
    targets = [each.target for each in (left, right) if isinstance(each, ErrorTerm)]
    targets += [each for each in (left, right) if isinstance(each, ScriptArray) or each is UNKNOWN]
    whole_ones = [each for each in targets if each is not UNKNOWN]
    if len({id(each) for each in whole_ones}) > 1:
        raise NotUnderstoodError("there is more than one target")

    target = next(iter(whole_ones), UNKNOWN)
    return ErrorTerm(f"{_text_of(left)} {symbol} {_text_of(right)}", output, target)


def _text_of(value: object) -> str:
    """Return an operand of an error term as a formula of o and t."""
    if isinstance(value, ErrorTerm):
        return f"({value.text})"
    if isinstance(value, Signal):
        return "o" if value.after == "z" else f"({value.after.replace('z', 'o')})"
    return _literal(value) if isinstance(value, int | float) else "t"


def _term(text: str, like: ErrorTerm) -> ErrorTerm:
    if len(text) > LONGEST_FORMULA:
        raise NotUnderstoodError("the formula becomes too long")
    return ErrorTerm(text, like.output, like.target)


def reduced(value: object, name: str, call: ScriptCall) -> object:
    """Return the mean or the sum of outputs, of error terms, or of the terms of a loss."""
    if isinstance(value, ScriptLoss):
        return ScriptLoss(value.choice.replace(reduction=name), value.output, value.target, line=call.line)
    if isinstance(value, ErrorTerm):
        return _noted(_formula_loss(value.text, name), value.output, value.target, call)
    if isinstance(value, Signal) and not call.args[1:] and not call.named:
        choice = Choice("SumOfOutputs", {"reduction": name})
        return _noted(choice, value, UNKNOWN, call)
    return UNKNOWN


def _noted(choice: Choice, output: Signal, target: object, call: ScriptCall) -> ScriptLoss:
    made = ScriptLoss(choice, output, target, line=call.line)
    if not call.state.without_gradient:
        call.state.training.losses.append(made)
    return made


_KNOWN = {
    "(o - t)^2": "MSELoss",
    "(t - o)^2": "MSELoss",
    "abs(o - t)": "L1Loss",
    "abs(t - o)": "L1Loss",
    "0.5*(o - t)^2": "HalfSquaredError",
    "0.5*(t - o)^2": "HalfSquaredError",
    "(o - t)^2/2": "HalfSquaredError",
    "(t - o)^2/2": "HalfSquaredError",
    "if(t*o <= 1, 1 - t*o, 0.0)": "HingeLoss",
}


def _formula_loss(text: str, reduction: str) -> Choice:
    """Return the loss of the tables that a formula is, or the formula as one of the script's own."""
    try:
        tree = read(text)
    except FormulaError as error:
        raise NotUnderstoodError(str(error)) from None
    name = next((name for known, name in _KNOWN.items() if read(known) == tree), None)
    if name is not None:
        return Choice(name, {"reduction": reduction})
    return Choice("Formula", {"formula": text, "reduction": reduction})


def compared_terms(symbol: str, left: object, right: object) -> ErrorTerm:
    """Return a comparison of outputs or targets, as a condition of a formula."""
    return _terms(symbol, left, right)


def chosen_by(call: ScriptCall) -> ErrorTerm:
    """Return what `torch.where` makes of a condition on outputs and targets: a formula of two cases."""
    condition, then, otherwise = call.needed(0, "condition"), call.needed(1, "input"), call.needed(2, "other")
    if not isinstance(condition, ErrorTerm):
        raise NotUnderstoodError
    whole = _terms(",", _terms(",", condition, then), otherwise)
    first, second = (_text_of(each) for each in (then, otherwise))
    return _term(f"if({condition.text}, {first}, {second})", whole)


def _literal(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotUnderstoodError
    return f"({value!r})" if value < 0 else repr(value)
