"""What the referee goes by where torch has nothing by an entry's name: its formula, worked out number by number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import GRAD, Clipping, norm_type
from chainrule.catalog.schedules.rules import ScheduledGroup, ScheduleStep
from chainrule.catalog.schedules.schedulers import Scheduler
from chainrule.catalog.values import refs
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read


def clip_by_formula(entry: Clipping, choice: Choice, parameters: Iterable[nn.Parameter]) -> Tensor | None:
    """Clip the gradients where they are, and return the norm of all if the clipping needs it, ()."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = None
    if entry.reads_norm:
        whole = torch.cat([gradient.flatten() for gradient in gradients])
        norm = torch.linalg.vector_norm(whole, float(norm_type(choice)))
    shared: dict[str, float] = {refs.GRAD_NORM: 0.0 if norm is None else norm.item()}
    if entry.coefficient:
        shared[refs.CLIP_COEFFICIENT] = entry.share(choice, shared[refs.GRAD_NORM])

    def clipped(grad: float) -> float:
        known = {GRAD: grad, **shared}
        return evaluate(read(entry.formula), lambda name, places: known[name] if name in known else choice.number(name))

    for gradient in gradients:
        made = torch.tensor([clipped(grad) for grad in gradient.flatten().tolist()], dtype=gradient.dtype)
        gradient.copy_(made.reshape(gradient.shape))
    return norm


class FormulaLR(torch.optim.lr_scheduler.LRScheduler):
    """A scheduler that does what the formulas of an entry's rules say."""

    def __init__(
        self, optimizer: torch.optim.Optimizer, entry: Scheduler, choice: Choice, interval: str, batches: int
    ) -> None:
        assert entry.rule is not None
        self._rule, self._choice, self._interval, self._batches = entry.rule, choice, interval, batches
        super().__init__(optimizer)

    def get_lr(self) -> list[float | Tensor]:
        """Return the learning rate of each group after the step that is made."""
        rates = zip(self.optimizer.param_groups, self.base_lrs, strict=True)
        return [self._next(group, float(base)) for group, base in rates]

    def _next(self, group: dict[str, Any], base: float) -> float:
        step = self.last_epoch
        by_iteration = self._interval == "iteration"
        step_of_schedule = ScheduleStep(
            float(group["lr"]),
            base,
            ScheduledGroup(base, base),
            step,
            step if by_iteration else step * self._batches,
            step // self._batches if by_iteration else step,
        )
        rule = self._rule(self._choice, step_of_schedule)
        numbers = rule.numbers

        def value(name: str, places: tuple[int, ...]) -> float:
            return numbers[name] if name in numbers else self._choice.number(name)

        return evaluate(read(rule.formula), value)
