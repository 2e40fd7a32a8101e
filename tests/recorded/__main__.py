"""Record anew, or compare the program as it stands with a recording bit by bit.

python -m tests.recorded write [FILE]     draw experiments and record them
python -m tests.recorded compare [FILE]   how many numbers are the same bits, and how far off the others are
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.machine.check import check_experiment
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import resources_directory
from tests.engine.program.test_clipping import NORMS, VALUES
from tests.engine.scheduler_cases import CASES
from tests.experiments import experiments
from tests.recorded.recording import FILE, NEAR, Recording, difference, read, record, write

DRAWN = 500
# Of one number, in each dtype.
ROUNDING = {"float64": 4e-16, "float32": 2e-7}


def drawn() -> Iterator[Experiment]:
    """Experiments over all tables, some with a schedule, clipping, rates of layers, test rows or in float32."""
    found: list[Experiment] = []

    @settings(max_examples=3 * DRAWN, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(experiments())
    def collect(experiment: Experiment) -> None:
        found.append(experiment)

    collect()
    for seed, experiment in enumerate(found):
        yield varied(experiment, random.Random(seed))


def varied(experiment: Experiment, chance: random.Random) -> Experiment:
    """The experiment, with some of what the strategy does not draw."""
    changes: list[dict[str, object]] = []
    if chance.random() < 0.4:
        changes.append({"scheduler": chance.choice(CASES)})
    if chance.random() < 0.3:
        changes.append({"clipping": chance.choice([*NORMS, *VALUES])})
    if chance.random() < 0.2:
        layers = [replace(layer, lr=chance.choice([None, 0.02])) for layer in experiment.network.layers]
        changes.append({"network": replace(experiment.network, layers=tuple(layers))})
    if chance.random() < 0.2 and len(experiment.data.inputs) > 1:
        changes.append({"data": replace(experiment.data, test_size=0.4)})
    if chance.random() < 0.15:
        changes.append({"dtype": "float32"})
    for change in changes:
        try:
            experiment = check_experiment(replace(experiment, **change))  # type: ignore[arg-type]
        except SpecError:
            continue
    return experiment


def is_steady(recording: Recording) -> bool:
    """Whether inputs that differ by one rounding give the same numbers but for rounding.

    Where they do not, the order in which another machine adds up would change them, too.
    """
    moved = {**recording.experiment, "data": {**recording.experiment["data"]}}
    nudge = 1 + ROUNDING[recording.experiment["dtype"]]
    moved["data"]["inputs"] = [[x * nudge for x in row] for row in moved["data"]["inputs"]]
    steady = NEAR[recording.experiment["dtype"]] / 10
    return difference(recording, record("", replace(recording, experiment=moved).decoded)) < steady


def recorded() -> Iterator[Recording]:
    """Every example, and as many drawn experiments as are wanted whose numbers hold still."""
    for path in sorted((resources_directory() / "experiments").glob("*.chainrule")):
        yield record(path.stem, check_experiment(read_experiment(path)))
    count = 0
    for experiment in drawn():
        try:
            found = record(f"drawn {count}", experiment)
            keep = is_steady(found)
        except SpecError:
            continue
        if keep:
            yield found
            count += 1
        if count == DRAWN:
            return


def main() -> None:
    """Write, or compare."""
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else FILE
    if sys.argv[1] == "write":
        write(list(recorded()), path)
        return
    for old in read(path):
        new = record(old.name, old.decoded)
        if new.steps != old.steps:
            print(f"{old.name}: other steps")
        elif (new.values, new.trained) != (old.values, old.trained):
            print(f"{old.name}: other bits, by {difference(old, new):.1e}")


if __name__ == "__main__":
    main()
