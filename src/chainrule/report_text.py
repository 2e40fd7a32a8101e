"""The report of the referees, as text for a terminal and as JSON: `chainrule verify`."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.engine.arguments import one_line
from chainrule.engine.refs import ValueRef
from chainrule.engine.report import Comparison, Report, Row
from chainrule.engine.spec import Experiment, plural
from chainrule.json_text import json_text

REFEREES = ("autograd", "torch.optim", "finite differences")
_NUMBER, _COUNT = 8, 6
_ABSENT = "-"
_MARK = "  <-- "


def report_json(experiment: Experiment, report: Report) -> str:
    """One object."""
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
    """A table, a line for each ref, and what it comes to."""
    width = max(len("relative tolerance"), *(len(row.ref) for row in report.rows))
    yield f"{one_line(experiment.title)}: {plural(report.iterations, 'iteration')}, {experiment.dtype}\n".lstrip(": ")
    pair = 2 * _NUMBER + 1
    yield f"{'':{width}}  {REFEREES[0]:{pair}}  {REFEREES[1]:{pair}}  {REFEREES[2]}"
    numbers = f"{'absolute':{_NUMBER}} {'relative':{_NUMBER}}"
    yield f"{'ref':{width}}  {numbers}  {numbers}  {numbers} {'of':>{_COUNT}}  verdict"
    for row in report.rows:
        cells = f"{_pair(row.autograd)}  {_pair(row.optimizer)}  {_pair(row.differences)} {_count(row.differences)}"
        yield f"{row.ref:{width}}  {cells}  {_verdict(row)}"
    tolerances = [f"{_tolerance(report, index):<{pair}}" for index in range(len(REFEREES))]
    yield f"{'relative tolerance':{width}}  {'  '.join(tolerances)}".rstrip() + "\n"
    yield from _conclusion(report)


def _conclusion(report: Report) -> Iterator[str]:
    held = [(row.differences, row.autograd) for row in report.rows if row.differences and row.autograd]
    taken, of = sum(d.compared + d.skipped for d, _ in held), sum(a.compared for _, a in held)
    if taken < of:
        yield f"Finite differences were taken of a sample: {taken} of {of} numbers in gradients."
    skipped = sum(row.differences.skipped for row in report.rows if row.differences)
    if skipped:
        yield f"{plural(skipped, 'finite difference')} skipped: the loss has a kink there, or is not finite."
    if report.overflow is not None:
        iteration, ref = report.overflow
        agreed = next(row.agrees for row in report.rows if row.ref == ref)
        also = ", as it does in PyTorch" if agreed else ""
        yield f"Iteration {iteration}: {ref} became infinite or not a number (NaN){also}. Nothing later was compared."
    wrong = [row for row in report.rows if not row.agrees]
    if report.first is None:
        yield f"All {len(report.rows)} refs agree."
        return
    verb = "differs" if len(wrong) == 1 else "differ"
    iteration, ref = report.first
    yield f"{plural(len(wrong), 'ref')} of {len(report.rows)} {verb}; the first is {ref}, in iteration {iteration}."


def differing(row: Row) -> list[str]:
    """The referees that a row does not agree with, by name."""
    found = zip(REFEREES, (row.autograd, row.optimizer, row.differences), strict=True)
    return [name for name, comparison in found if comparison is not None and not comparison.agrees]


def _verdict(row: Row) -> str:
    if not row.agrees:
        return f"DIFFERS{_MARK}{' and '.join(differing(row))}"
    if row.comparisons:
        return "agrees"
    return f"see {row.seen_in}" if row.seen_in else "not reached"


def _pair(comparison: Comparison | None) -> str:
    if comparison is None or not comparison.compared:
        return f"{_ABSENT:{_NUMBER}} {_ABSENT:{_NUMBER}}"
    return f"{difference_text(comparison.absolute):{_NUMBER}} {difference_text(comparison.relative):{_NUMBER}}"


def difference_text(difference: float) -> str:
    """`2.2e-16`, or 0 where nothing differs in any digit."""
    return f"{difference:.1e}" if difference else "0"


def _count(comparison: Comparison | None) -> str:
    return f"{comparison.compared if comparison else _ABSENT:>{_COUNT}}"


def _tolerance(report: Report, index: int) -> str:
    columns = ((row.autograd, row.optimizer, row.differences)[index] for row in report.rows)
    return next((f"{c.tolerance:.0e}" for c in columns if c is not None), _ABSENT)


def _place(found: tuple[int, ValueRef] | None) -> dict[str, object] | None:
    return None if found is None else {"iteration": found[0], "ref": found[1]}


def _row_object(row: Row) -> dict[str, object]:
    return {
        "ref": row.ref,
        "agrees": row.agrees,
        "autograd": _comparison_object(row.autograd),
        "torch.optim": _comparison_object(row.optimizer),
        "finite_differences": _comparison_object(row.differences),
        "seen_in": row.seen_in,
    }


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
