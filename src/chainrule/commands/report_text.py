"""The report of the referees, as text for a terminal and as JSON: `chainrule verify`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chainrule.catalog.arguments import one_line
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.schedules.schedule import refusal
from chainrule.catalog.values.refs import ValueRef
from chainrule.commands.json_text import json_text
from chainrule.engine.referee.report import Comparison, Report, ReportRow
from chainrule.explain.writing.numbers import format_number, format_short

REFEREES = ("autograd, torch.optim", "finite differences", "PyTorch on its own")
_NUMBER, _COUNT = 10, 6
_TORCH, _RUN = 21, 18
_ABSENT = "-"
_MARK = "  <-- "


def report_json(experiment: Experiment, report: Report) -> str:
    """Return one object."""
    found = {
        "title": experiment.title,
        "dtype": experiment.dtype,
        "iterations": report.iterations,
        "agrees": report.agrees,
        "first": _place(report.first),
        "overflow": _place(report.overflow),
        "rows": [_row_object(row) for row in report.rows],
    }
    return json_text(found)


def report_lines(experiment: Experiment, report: Report) -> Iterator[str]:
    """Yield a table, a line for each ref, and what it comes to."""
    width = max(len("relative tolerance"), *(len(row.ref) for row in report.rows))
    yield f"{one_line(experiment.title)}: {plural(report.iterations, 'iteration')}, {experiment.dtype}\n".lstrip(": ")
    pair = 2 * _NUMBER + 1
    yield f"{'':{width}}  {REFEREES[0]:{_TORCH}}  {REFEREES[1]:{pair + _COUNT + 1}}  {REFEREES[2]}"
    numbers = f"{'absolute':{_NUMBER}} {'relative':{_NUMBER}}"
    yield f"{'ref':{width}}  {numbers:{_TORCH}}  {numbers} {'of':>{_COUNT}}  {'absolute':{_RUN}}  verdict"
    for row in report.rows:
        differences = f"{_pair(row.differences)} {_count(row.differences)}"
        run = difference_text(row.run.absolute) if row.run else _ABSENT
        yield f"{row.ref:{width}}  {_pair(row.torch):{_TORCH}}  {differences}  {run:{_RUN}}  {_verdict(row)}"
    torch_s, quotient = (_tolerances(report, of_row) for of_row in (lambda row: row.torch, lambda row: row.differences))
    yield f"{'relative tolerance':{width}}  {torch_s:{_TORCH}}  {quotient}".rstrip() + "\n"
    yield from _conclusion(experiment, report)


def _conclusion(experiment: Experiment, report: Report) -> Iterator[str]:
    held = [(row.differences, row.autograd) for row in report.rows if row.differences and row.autograd]
    taken, of = sum(d.compared + d.skipped for d, _ in held), sum(a.compared for _, a in held)
    if taken < of:
        yield f"Finite differences were taken of a sample: {taken} of {of} numbers in gradients."
    skipped = sum(row.differences.skipped for row in report.rows if row.differences)
    if skipped:
        left_out = plural(skipped, "finite difference")
        yield f"{left_out} cannot tell: the loss has a kink there, is not finite, or rounding leaves too few digits."
    if report.overflow is not None:
        iteration, ref = report.overflow
        agreed = next(row.agrees for row in report.rows if row.ref == ref)
        also = ", as it does in PyTorch" if agreed else ""
        why = refusal(experiment, iteration, ref) or f"{ref} became infinite or not a number (NaN){also}"
        yield f"Iteration {iteration}: {why}. Nothing later was compared."
    for note in dict.fromkeys(row.note for row in report.rows if row.note):
        yield f"{', '.join(row.ref for row in report.rows if row.note == note)}: {note}"
    yield from _run_lines(report)
    wrong = [row for row in report.rows if not row.agrees]
    if report.first is None:
        yield f"All {len(report.rows)} refs agree."
        return
    verb = "differs" if len(wrong) == 1 else "differ"
    iteration, ref = report.first
    yield f"{plural(len(wrong), 'ref')} of {len(report.rows)} {verb}; the first is {ref}, in iteration {iteration}."


def _run_lines(report: Report) -> Iterator[str]:
    """Yield how far rounding has taken a PyTorch loop that trains on its own."""
    grown = report.grown
    if grown.run is not None:
        apart = difference_text(grown.run.absolute)
        yield (
            f"A PyTorch loop that trained on its own is at most {apart} away after "
            f"{plural(report.iterations, 'iteration')}, in {grown.ref}: rounding grows there, and judges nothing."
            if grown.run.absolute
            else "A PyTorch loop that trained on its own has the same numbers, to the last digit."
        )


def differing(row: ReportRow) -> list[str]:
    """Return the referees that a row does not agree with, by name."""
    named = {"autograd": row.autograd, "torch.optim": row.optimizer, "finite differences": row.differences}
    return [name for name, comparison in named.items() if comparison is not None and not comparison.agrees]


def _verdict(row: ReportRow) -> str:
    if not row.agrees:
        return f"DIFFERS{_MARK}{' and '.join(differing(row))}"
    if row.comparisons:
        return "agrees"
    return f"see {row.seen_in}" if row.seen_in else "not reached"


def _pair(comparison: Comparison | None) -> str:
    if comparison is not None and comparison.skipped and not comparison.compared:
        return f"{'cannot tell':{2 * _NUMBER + 1}}"
    if comparison is None or not comparison.compared:
        return f"{_ABSENT:{_NUMBER}} {_ABSENT:{_NUMBER}}"
    return f"{difference_text(comparison.absolute):{_NUMBER}} {difference_text(comparison.relative):{_NUMBER}}"


def difference_text(difference: float) -> str:
    """Return `2.2·10⁻¹⁶`, or 0 where nothing differs in any digit."""
    return format_number(difference, 2)


def _count(comparison: Comparison | None) -> str:
    return f"{comparison.compared if comparison else _ABSENT:>{_COUNT}}"


def _tolerances(report: Report, comparison_of: Callable[[ReportRow], Comparison | None]) -> str:
    """Return what is allowed: a row's numbers are float64, as rates and counts are, or in the experiment's dtype."""
    found = {comparison.tolerance for comparison in map(comparison_of, report.rows) if comparison is not None}
    return " or ".join(format_short(tolerance, 1) for tolerance in sorted(found - {0.0})) or _ABSENT


def _place(found: tuple[int, ValueRef] | None) -> dict[str, object] | None:
    return None if found is None else {"iteration": found[0], "ref": found[1]}


def _row_object(row: ReportRow) -> dict[str, object]:
    return {
        "ref": row.ref,
        "agrees": row.agrees,
        "autograd": _comparison_object(row.autograd),
        "torch.optim": _comparison_object(row.optimizer),
        "finite_differences": _comparison_object(row.differences),
        "run": _run_object(row.run),
        "seen_in": row.seen_in,
        "note": row.note or None,
    }


def _run_object(run: Comparison | None) -> dict[str, object] | None:
    """Return how far a loop that trains on its own is away: it has no tolerance."""
    return None if run is None else {"absolute": run.absolute, "relative": run.relative, "compared": run.compared}


def _comparison_object(comparison: Comparison | None) -> dict[str, object] | None:
    if comparison is None:
        return None
    return {
        "absolute": comparison.absolute,
        "relative": comparison.relative,
        "tolerance": comparison.tolerance,
        "compared": comparison.compared,
        "skipped": comparison.skipped,
        "agrees": comparison.agrees,
    }
