"""Whether the gradient flows through the layers of a moment: slopes, histograms and troubles that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from torch import Tensor

    from chainrule.model.flow.gradient_troubles import LayerFinding, LayerReading
    from chainrule.model.flow.histograms import Histogram
    from chainrule.model.flow.unit_slopes import UnitSlopes
    from chainrule.model.timeline.downsampled_series import Outline
    from chainrule.model.timeline.layer_steps import LayerSteps

# Of a larger batch so many rows are looked at, at even distances.
MOST_ROWS = 4096
# Larger traces, in bytes, are not computed again for what an iteration before has left.
MOST_AGAIN = 2**24
# Of fewer rows a unit may be dead by chance, unless they are all that there are.
FEWEST_ROWS = 32


@dataclass(frozen=True, slots=True)
class Flow:
    """What is known of all layers. `rows` of the batch's `all_rows` were looked at.

    `iteration` is the one whose gradients the readings have: that on the screen once they are computed there, else the
    one before it; None before there is any. Histograms are None of what is not known at the cursor.
    """

    readings: tuple[LayerReading, ...]
    findings: tuple[LayerFinding, ...]
    rows: int
    all_rows: int
    iteration: int | None
    histograms: dict[str, tuple[Histogram | None, ...]]


# What is counted of each layer: its name, whether its axis is of the powers of ten, and the value.
Z, A, Z_GRAD, WEIGHT_GRAD = "z", "a", "z.grad", "weight.grad"


def ref_of(kind: str, layer: int) -> ValueRef:
    """Return the value of a layer that is counted under a name."""
    if kind == Z:
        return refs.pre_activation(layer)
    if kind == A:
        return refs.activation(layer)
    return refs.grad(refs.pre_activation(layer) if kind == Z_GRAD else refs.weight(layer))


def flow_of(moment: Moment, kinds: tuple[str, ...] = ()) -> Iterator[Flow | None]:
    """Yield None for each part of the work, and in the end what is known; `kinds` are what histograms are made of."""
    layers, slopes = range(len(moment.experiment.network.layers)), list["UnitSlopes | None"]()
    for layer in layers:
        slopes.append(_slopes(moment, layer))
        yield None
    found: dict[str, tuple[Histogram | None, ...]] = {}
    for kind in kinds:
        is_log, counted = kind in (Z_GRAD, WEIGHT_GRAD), {}
        for layer in layers:
            tensor = _known(moment, ref_of(kind, layer))
            if tensor is not None:
                counted[layer] = engine().histograms.CountedNumbers.of(_some_rows(tensor, kind), log=is_log)
            yield None
        made = dict(zip(counted, engine().histograms.histograms(list(counted.values()), log=is_log), strict=True))
        found[kind] = tuple(made.get(layer) for layer in layers)
        yield None
    readings, iteration = _readings(moment, slopes)
    findings = engine().troubles.findings_of(
        readings, judges_units=_judges_units(moment), judges_last=_judges_last(moment), learned=_has_learned(moment)
    )
    rows = len(moment.rows)
    yield Flow(readings, findings, min(rows, -(-rows // _step(rows))), rows, iteration, found)


def _step(rows: int) -> int:
    return max(1, -(-rows // MOST_ROWS))


def _some_rows(tensor: Tensor, kind: str) -> Tensor:
    return tensor if kind == WEIGHT_GRAD else tensor[:: _step(len(tensor))]


def _known(moment: Moment, ref: ValueRef) -> Tensor | None:
    """Return a value that the cursor has passed: all of it, where numbers come one at a time."""
    if moment.cursor.element is not None and ref == moment.written:
        return None
    return moment.tensor(ref)


def _slopes(moment: Moment, layer: int) -> UnitSlopes | None:
    z, a = (_known(moment, of(layer)) for of in (refs.pre_activation, refs.activation))
    spec = moment.experiment.network.layers[layer]
    learned = tuple(moment.numbers.tensor(refs.learned(layer, name)) for name in spec.learned)
    if z is None or a is None or any(vector is None for vector in learned):
        return None
    z, a = (_some_rows(part, Z) for part in (z, a))
    found: UnitSlopes | None = engine().unit_slopes.unit_slopes(spec.activation, z, a, learned)
    return found


def _readings(moment: Moment, slopes: list[UnitSlopes | None]) -> tuple[tuple[LayerReading, ...], int | None]:
    """Return what is known of each layer, and the iteration that its gradient is of."""
    here = moment.cursor.iteration
    history = moment.course.history(here)
    records, make, layers = history.records, engine().troubles.LayerReading, range(len(slopes))
    steps, start = records.layers, records.start
    of_weights = [refs.grad(ref) for ref in steps.weights]
    of_z = [refs.grad(refs.pre_activation(layer)) for layer in layers]
    is_here = bool(of_weights) and all(_known(moment, ref) is not None for ref in of_weights)
    at = here if is_here else here - 1
    if is_here:
        norms, back = (_norms(wanted, lambda ref: _known(moment, ref)) for wanted in (of_weights, of_z))
    elif at >= start and 0 < history.trace_nbytes < MOST_AGAIN:
        # The iteration before, so that what is said of it stays while this one is stepped through.
        norms, back = (_norms(wanted, history.trace(at).values.get) for wanted in (of_weights, of_z))
    else:
        norms, back, at = [], [None] * len(slopes), -1
    curves, ratios = steps.outlines(records.gradients, max(0, here + is_here - start))
    now = dict(zip(steps.layers, norms, strict=False))
    row = curves.row(0) if len(curves) else None
    first = dict(zip(steps.layers, () if row is None else row.tolist(), strict=False))
    moved = dict(zip(steps.layers, _ratios(moment, steps, ratios, here - start), strict=False))
    found = tuple(
        make(layer, slopes[layer], now.get(layer), _number(first.get(layer)), back[layer], _number(moved.get(layer)))
        for layer in layers
    )
    return found, at if now else None


def _norms(wanted: list[ValueRef], get: Callable[[ValueRef], Tensor | None]) -> list[float | None]:
    tensors = map(get, wanted)
    return [None if tensor is None else engine().layer_steps.norm_of(tensor) for tensor in tensors]


def _ratios(moment: Moment, steps: LayerSteps, measured: Outline, index: int) -> list[float]:
    """Return the ratios of the iteration on the screen once its update is done, else those that were measured last."""
    following = {ref: _known(moment, refs.next_value(ref)) for ref in steps.weights}
    if following and all(tensor is not None for tensor in following.values()):
        values = {ref: moment.numbers.tensor(ref) for ref in steps.weights}
        values |= {refs.next_value(ref): tensor for ref, tensor in following.items()}
        here: list[float] = steps.ratios({ref: value for ref, value in values.items() if value is not None}).tolist()
        return here
    last = engine().layer_steps.known_last(measured, index) if len(measured) else None
    there: list[float] = [] if last is None else last[1].tolist()
    return there


def _number(value: float | None) -> float | None:
    """Return a number; None where it was not measured."""
    return None if value is None or value != value else float(value)  # noqa: PLR0124 - NaN is no other


def _has_learned(moment: Moment) -> bool:
    """Return whether the loss that the iteration begins with, or that of the last one, is far below the first."""
    records = moment.course.history(moment.cursor.iteration).records
    index = moment.cursor.iteration - records.start - (not moment.is_known(refs.LOSS))
    losses = records.losses.outline(index + 1)
    if index < 1 or not len(losses):
        return False
    return bool(engine().troubles.has_learned(float(losses.high[-1, 0]), float(losses.high[0, 0])))


def _judges_units(moment: Moment) -> bool:
    """Return whether there are rows enough to call a unit dead: all that are trained on, or some."""
    rows, data = len(moment.rows), moment.experiment.data
    return rows >= min(FEWEST_ROWS, data.training_rows)


def _judges_last(moment: Moment) -> bool:
    """Return whether flat answers of the last layer stop the gradient of this loss: where it is of classes, its own
    slope makes up for that, or it may be right to be sure.
    """
    loss = LOSSES[moment.experiment.loss.name]
    if loss.of_classes or loss.decision is not None:
        return False
    last = len(moment.experiment.network.layers) - 1
    answers, targets = _known(moment, refs.activation(last)), moment.tensor(refs.TARGET)
    activation = moment.experiment.network.layers[last].activation
    if ACTIVATIONS[activation.name].couples_units or ACTIVATIONS[activation.name].learned:
        # What learns its slopes does not level off.
        return False
    if answers is None or targets is None or answers.shape != targets.shape:
        return False
    # Right where it is nearer to the target than to what is as far on the other side of the answers' range.
    found: bool = engine().unit_slopes.are_wrong(activation, answers, targets)
    return found


def place_of_finding(moment: Moment, finding: LayerFinding) -> tuple[Cursor, ValueRef, Index]:
    """Return the micro-step that computes what a finding is about, and the number of it to be selected there.

    Of units that let nothing through that is the gradient by z of the first of them, else the gradient of the weights.
    """
    layer, unit = finding.layer, finding.units[0] if finding.units else 0
    of_units = finding.trouble in (engine().troubles.Trouble.DEAD, engine().troubles.Trouble.SATURATED)
    z = refs.pre_activation(layer)
    wanted = [(refs.grad(z), (moment.sample, unit)), (z, (moment.sample, unit))]
    if not of_units:
        wanted.insert(0, (refs.grad(refs.weight(layer)), (0, 0)))
    for ref, index in wanted:
        place = moment.place_of(ref)
        if place is not None:
            return Cursor(moment.cursor.iteration, place + 1), ref, index
    raise AssertionError(f"layer {layer} has no z")
