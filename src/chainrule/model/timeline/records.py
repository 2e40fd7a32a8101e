"""Records: what is remembered of each iteration for the plots: its loss, its gradients and its learning rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from chainrule.catalog.schedules.schedule import rates
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.plan import Chunk
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.model.elements import element_count, elements
from chainrule.model.timeline.downsampled_series import DownsampledSeries, Floats, SeriesParts
from chainrule.model.timeline.layer_steps import LayerSteps

# Up to this many trained numbers each has its own curve; beyond, each parameter has one, its norm.
MOST_CURVES = 24


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of the gradient plot: an element of a gradient, or the norm of all of it where `index` is None."""

    ref: ValueRef
    index: tuple[int, ...] | None


class Records:
    """The numbers of the iterations from `start` on, in their order.

    `test_losses` are those of the parameters that an iteration starts from, or stay as they were where the test waits
    for the end of the epoch; None where no rows are held back.
    """

    def __init__(self, executor: Executor, start: int) -> None:
        self._executor, self._start = executor, start
        self.curves = self._choose_curves()
        self.losses = DownsampledSeries(1)
        self.test_losses = DownsampledSeries(1) if executor.evaluator.has_test else None
        self.gradients = DownsampledSeries(len(self.curves))
        self.layers = LayerSteps(executor.program, start, [(curve.ref, curve.index) for curve in self.curves])
        self._set_rates = rates(executor.experiment)
        self.rates = DownsampledSeries(len(self._set_rates))

    @property
    def start(self) -> int:
        """The iteration that the first numbers are of."""
        return self._start

    @property
    def nbytes(self) -> int:
        """How many bytes all of it takes."""
        return sum(series.nbytes for series in self._series())

    def _series(self) -> list[DownsampledSeries]:
        all_series = self.losses, self.test_losses, self.gradients, self.rates, self.layers.series
        return [series for series in all_series if series is not None]

    def named(self) -> dict[str, DownsampledSeries]:
        """Return the series by their names, as files have them."""
        found = {"losses": self.losses, "gradients": self.gradients, "rates": self.rates}
        found |= {"layers": self.layers.series} if self.layers.weights else {}
        return found if self.test_losses is None else found | {"test_losses": self.test_losses}

    def restore(self, curves: Mapping[str, SeriesParts]) -> None:
        """Remember what was remembered before. Raises `ValueError` where that was of another experiment."""
        series = self.named()
        # Older files have none of the layers.
        if series.keys() - {"layers"} != curves.keys() - {"layers"}:
            raise ValueError("other curves")
        restored = {name: DownsampledSeries(known.width) for name, known in series.items()}
        for name, parts in curves.items():
            if name in restored:
                restored[name].restore(parts)
        self.losses, self.gradients, self.rates = (restored[name] for name in ("losses", "gradients", "rates"))
        self.test_losses = restored.get("test_losses")
        self.layers.series = restored.get("layers", self.layers.series)
        self.layers.fill(len(self.losses))

    def _choose_curves(self) -> tuple[Curve, ...]:
        program = self._executor.program
        gradients = [program.values[ref] for ref in program.gradients]
        if sum(map(element_count, gradients)) > MOST_CURVES:
            return tuple(Curve(each.ref, None) for each in gradients)
        # Those of parameters have no sample.
        return tuple(Curve(each.ref, index) for each in gradients for index in elements(each, 0))

    def add(self, iteration: int, values: Mapping[ValueRef, Tensor]) -> bool:
        """Remember an iteration if it is new; return whether its loss and its gradients are finite."""
        loss, gradients, used = self.numbers(values)
        index = iteration - self._start
        if index == len(self.losses):
            self.losses.append(loss)
        if self.test_losses is not None and index == len(self.test_losses):
            self.test_losses.append(self._tested(self.test_losses, iteration, values))
        if index == len(self.gradients):
            self.gradients.append(gradients)
        self.layers.add(index, values, gradients)
        if index == len(self.rates):
            self.rates.append(used)
        return bool(np.isfinite(loss) and np.isfinite(gradients).all())

    def add_chunk(self, chunk: Chunk, before: TrainingState, *, has_norms: bool) -> None:
        """Remember those of several iterations that are new; `before` is what the first of them starts from.

        To each series for itself: where there was no memory left for one, it is made up for when it is computed again.
        """
        first, count = chunk.first - self._start, len(chunk.losses)
        if min(map(len, self._series())) >= first + count:
            return
        self.losses.extend(chunk.losses[max(0, len(self.losses) - first) :, None].numpy())
        gradients = self._curves_of(chunk, has_norms=has_norms)
        self.gradients.extend(gradients[max(0, len(self.gradients) - first) :])
        self.layers.add_chunk(chunk, before, gradients)
        self.rates.extend(np.array(chunk.rates[max(0, len(self.rates) - first) :]))
        if self.test_losses is not None:
            for loss in chunk.tested[max(0, len(self.test_losses) - first) :]:
                self.test_losses.append(self.test_losses.last if loss is None else loss)

    def _curves_of(self, chunk: Chunk, *, has_norms: bool) -> Floats:
        """Return the gradient curves of a chunk, (n, curves)."""
        if not self.curves or self.curves[0].index is not None or has_norms:
            return chunk.gradients.numpy()
        values = self._executor.program.values
        sizes = [element_count(values[curve.ref]) for curve in self.curves]
        parts = torch.split(chunk.gradients, sizes, dim=1)
        return torch.stack([torch.linalg.vector_norm(part, dim=1) for part in parts], 1).numpy()

    def _tested(self, known: DownsampledSeries, iteration: int, values: Mapping[ValueRef, Tensor]) -> Floats | float:
        evaluator = self._executor.evaluator
        if not len(known) or evaluator.is_tested(iteration):
            return evaluator.evaluate(values, "test").loss.item()
        return known.last

    def numbers(self, values: Mapping[ValueRef, Tensor]) -> tuple[float, Floats, Floats]:
        """Return the loss of an iteration's values, its gradients as curves and its learning rates."""
        # A layer that is frozen has a learning rate that nothing reads.
        used = np.array([values[ref].item() if ref in values else lr for ref, lr in self._set_rates.items()])
        return values[self._executor.program.loss].item(), self._curve_values(values), used

    def _curve_values(self, values: Mapping[ValueRef, Tensor]) -> Floats:
        gradients = [values[ref] for ref in self._executor.program.gradients]
        if not gradients:
            return np.empty(0)
        if self.curves[0].index is None:
            row = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients])
        else:
            row = torch.cat([gradient.reshape(-1) for gradient in gradients])
        numbers: Floats = row.cpu().numpy()
        return numbers

    def tested_at(self, iteration: int) -> int:
        """Return the iteration whose first parameters gave the test loss that stands beside an iteration's loss."""
        tested = self._executor.evaluator.is_tested
        return next((at for at in range(iteration, self._start, -1) if tested(at)), self._start)

    def rates_of(self, wanted: tuple[ValueRef, ...]) -> list[int]:
        """Return the columns of learning rates; a layer without one of its own has the optimizer's."""
        columns = {ref: column for column, ref in enumerate(self._set_rates)}
        return [columns.get(ref, columns[refs.LR]) for ref in wanted]
