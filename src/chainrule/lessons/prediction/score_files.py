"""A score as a file: CSV with a row for each prediction, JSON, or text with a table by phase."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

from chainrule.catalog.values.step_kinds import Phase
from chainrule.lessons.prediction.score import Prediction, PredictionScore, Tally

COLUMNS = ("experiment", "iteration", "phase", "value", "answer", "right", "outcome", "tries", "said")


def score_csv(score: PredictionScore) -> str:
    """Return a row for each prediction, as RFC 4180 has it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(map(_cells, score.predictions))
    return text.getvalue()


def score_json(score: PredictionScore) -> str:
    """Return an object with the tallies, of all and of each phase, and the predictions."""
    tallies = {"all": score.tally(), **{phase.value: score.tally(phase) for phase in Phase}}
    found = {
        "format": "chainrule-predictions",
        "tallies": {name: _counts(tally) for name, tally in tallies.items()},
        "predictions": [dict(zip(COLUMNS, _cells(each), strict=True)) for each in score.predictions],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def score_text(score: PredictionScore) -> str:
    """Return the tallies as a table, and a line for each prediction."""
    lines = [f"{'':10}{'asked':>9}{'right':>9}{'rounded':>9}{'wrong':>9}{'revealed':>10}"]
    for name, tally in (*((phase.value, score.tally(phase)) for phase in Phase), ("all", score.tally())):
        counts = (tally.asked, tally.right, tally.rounded, tally.wrong)
        lines.append(f"{name:10}{''.join(f'{count:9}' for count in counts)}{tally.revealed:10}")
    lines += ["", *map(_line, score.predictions)]
    return "\n".join(lines).rstrip() + "\n"


# By the ending of the file's name.
WRITERS: dict[str, Callable[[PredictionScore], str]] = {".csv": score_csv, ".json": score_json, ".txt": score_text}


def _cells(each: Prediction) -> tuple[str | int, ...]:
    asked = (each.experiment, each.iteration, each.phase.value, each.name)
    return (*asked, each.given, each.right, each.outcome.value, each.tries, each.said)


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "asked": tally.asked,
        "right": tally.right,
        "rounded": tally.rounded,
        "wrong": tally.wrong,
        "revealed": tally.revealed,
    }


def _line(each: Prediction) -> str:
    answer = f"answered {each.given}" if each.given else "not answered"
    tries = f", {each.tries} tries" if each.tries > 1 else ""
    said = f" {each.said}" if each.said else ""
    place = f"iteration {each.iteration}, {each.phase.value}"
    return f"{place}: {each.name} = {each.right}; {answer}: {each.outcome.value}{tries}.{said}"
