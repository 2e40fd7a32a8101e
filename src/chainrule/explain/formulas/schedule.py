r"""The schedule's micro-steps explained: each rule's own formula and reason, with the numbers of this step."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.rules import ScheduledNumber
from chainrule.catalog.schedules.schedule import Schedule, averages, schedule_of
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.values import refs
from chainrule.engine.program.schedule import Scheduled
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.schedule import noun
from chainrule.explain.sentences.wording import capital
from chainrule.explain.writing.formula_latex import DOTTED, in_fragments, of_numbers, of_symbols
from chainrule.explain.writing.fragments import Formula
from chainrule.explain.writing.numbers import format_short
from chainrule.explain.writing.symbols import argument_symbols
from chainrule.formula.parse import read
from chainrule.formula.tree import symbols_of
from chainrule.formula.writing.printing import Leaf, Level, Printed
from chainrule.translation import gettext

# One step is no steps.
_ONE_STEP = re.compile(r"(?<![\d.,−])1 ((?:bad )?step)s\b")
# What rules call the numbers that they are computed from; others are arguments, or values by their own names.
_SYMBOLS = {
    "t": "t",
    "before": "t-1",
    "T_cur": r"T_{\text{cur}}",
    "T_i": "T_i",
    "scale": "s",
    "cycle": "k",
    "done": "p",
    "iteration": r"\text{iteration}",
    "epoch": r"\text{epoch}",
}


def schedule_formula(c: Context) -> Formula:
    """Return the formula of the case that applies."""
    rule, part = _rule(c), _part(c)
    if not rule.formula or not symbols_of(read(rule.formula)):
        return Formula((), ())
    symbols = c.notation.apart(argument_symbols(SCHEDULERS[part.name].arguments)) | _symbols(c)
    numbers = c.arguments(part.arguments)
    numbers |= {name: c.write(number, short=True) for name, number in rule.numbers.items()}

    def shown(names: Mapping[str, str], leaf: Leaf) -> tuple[str, ...]:
        return in_fragments(read(rule.formula), _with_expression(rule, names, leaf), DOTTED)

    return Formula(shown(symbols, _symbol_of(symbols)), shown(numbers, of_numbers(numbers)))


def schedule_sentence(c: Context) -> str:
    """Say why the case applies."""
    rule, part = _rule(c), _part(c)
    said = _said(part.arguments, c.digits) | _said(rule.numbers, c.digits)
    said |= {"what": noun(c.writes), "loss": gettext("mean loss of the epoch") if averages(c.experiment) else "loss"}
    begin, said["next"], said["counted"] = _where(c, part)
    words = _ONE_STEP.sub(r"1 \1", rule.words.format_map(said))
    text = begin + (capital(words) if begin else words)
    read = [c.number(ref) for ref in c.step.reads]
    is_said = "cannot be computed" in rule.words
    if not math.isfinite(rule.value) and all(map(math.isfinite, read)) and not is_said:
        text += gettext(" It overflowed: no number is large enough to hold it.")
    return text


def schedule_right_side(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return the scheduler as a function of what it reads: which case applies depends on the iteration."""
    assert experiment.scheduler is not None
    read = ", ".join(notation.tensor_latex(ref) for ref in step.reads)
    return rf"\mathrm{{{experiment.scheduler.name}}}({read})"


def _symbol_of(symbols: Mapping[str, str]) -> Leaf:
    """Return what writes names as symbols; the step before is a difference."""
    plain = of_symbols(symbols)
    return lambda found: Printed(symbols["before"], Level.SUM) if found.name == "before" else plain(found)


def _with_expression(rule: ScheduledNumber, names: Mapping[str, str], leaf: Leaf) -> Leaf:
    """Return what writes the user's expression where it stands, with what its variables are called there."""
    expression = rule.factor
    if expression is None:
        return leaf
    return lambda found: expression.written(names) if found.name == "factor" else leaf(found)


def _rule(c: Context) -> ScheduledNumber:
    assert isinstance(c.step.compute, Scheduled)
    return c.step.compute.rule(*[c.number(ref) for ref in c.step.reads])


def _part(c: Context) -> Choice:
    """Return the scheduler that acts: of a sequence, the part whose turn it is."""
    schedule, whole = schedule_of(c.experiment), c.experiment.scheduler
    assert whole is not None
    return whole if schedule is None else schedule.part(_iteration(c))[0]


def _iteration(c: Context) -> int:
    return int(c.number(refs.ITERATION))


def _where(c: Context, part: Choice) -> tuple[str, str, str]:
    """Return what to say first where a milestone is reached, a name for the step that begins, and from where it is
    counted.
    """
    schedule = schedule_of(c.experiment)
    if schedule is None:
        return "", "", ""
    _, local, step = schedule.part(_iteration(c))
    # Where gradients are added up, it steps with the updates.
    by_update = schedule.interval == "iteration" and schedule.every > 1
    name = f"{'Update' if by_update else schedule.interval.capitalize()} {step}"
    if len(schedule.parts) == 1:
        return "", name, ""
    begin = f"{name} is a milestone: {part.name} takes over. " if _takes_over(schedule, step, c) else ""
    return begin, f"Step {local} of {part.name}", " (counted from its milestone)" if local != step else ""


def _takes_over(schedule: Schedule, step: int, c: Context) -> bool:
    return step in schedule.milestones and schedule.steps_before(_iteration(c)) != step


def _symbols(c: Context) -> dict[str, str]:
    """Return what the names in a rule stand for."""
    letter = c.notation.latex(c.writes.owner.ref)
    found = {**_SYMBOLS, "lr": letter, "base": _with_label(letter, "0")}
    found |= {name: _with_label(letter, rf"\text{{{name}}}") for name in ("start", "end")}
    if c.writes.name in (refs.MOMENTUM, refs.BETA1):
        found["base"] = letter
    read = {c.notation.value(ref).name: c.notation.latex(ref) for ref in c.step.reads if ref != refs.ITERATION}
    # The metric is the loss itself, or the mean of an epoch.
    metric = refs.scheduler_state("metric") if "metric" in read else c.experiment.network.loss_ref
    return found | read | {"lr": letter, "metric": c.notation.latex(metric)}


def _with_label(symbol: str, label: str) -> str:
    """Return the symbol with a label below; one that has a label already gets it behind a comma."""
    base, mark, below = symbol.partition("_")
    return f"{base}_{{{below.strip('{}')},{label}}}" if mark else f"{symbol}_{{{label}}}"


def _said(values: Mapping[str, ArgumentValue] | Mapping[str, float], digits: int | None) -> dict[str, str]:
    return {
        name: format_short(value, digits)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
