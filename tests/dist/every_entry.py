"""A few experiments that together use every entry of every table: what a bundle that lacks a module would fail at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.engine.machine.check import check_experiment
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DTYPES, DataSpec, Experiment, InitializationSpec, LayerSpec, NetworkSpec
from chainrule.catalog.tables import Entry
from chainrule.catalog.loss import Targets
from chainrule.catalog.experiment.targets import needs_probabilities, targets_of

INPUTS, OUTPUTS, ROWS = 3, 2, 8
HIDDEN = 2
TABLES: Mapping[str, Mapping[str, Entry]] = {
    "activation": ACTIVATIONS,
    "initialization": INITIALIZERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "scheduler": SCHEDULERS,
    "clipping": CLIPPINGS,
}


def every_entry() -> tuple[Experiment, ...]:
    """As many experiments as the longest table asks for; shorter tables begin again."""
    per_layer = max(-(-len(table) // HIDDEN) for table in (ACTIVATIONS, INITIALIZERS))
    count = max(per_layer, *map(len, (LOSSES, OPTIMIZERS, SCHEDULERS, CLIPPINGS, DTYPES)))
    return tuple(_experiment(index) for index in range(count))


def entries_used(experiments: Iterable[Experiment]) -> dict[str, set[str]]:
    """The names of each table that the experiments use, and the dtypes."""
    used: dict[str, set[str]] = {name: set() for name in (*TABLES, "dtype")}
    for experiment in experiments:
        for layer in experiment.network.layers:
            used["activation"].add(layer.activation.name)
            if layer.initialization is not None:
                used["initialization"].add(layer.initialization.name)
        for name in ("loss", "optimizer", "scheduler", "clipping"):
            used[name].add(getattr(experiment, name).name)
        used["dtype"].add(experiment.dtype)
    return used


def _experiment(index: int) -> Experiment:
    loss, optimizer = _entry(LOSSES, index), _entry(OPTIMIZERS, index)
    hidden = [
        LayerSpec(4, _entry(ACTIVATIONS, place), initialization=_entry(INITIALIZERS, place))
        for place in range(index * HIDDEN, (index + 1) * HIDDEN)
    ]
    last = LayerSpec(OUTPUTS, Choice("Sigmoid" if needs_probabilities(loss) else "Identity"))
    return check_experiment(
        Experiment(
            title=f"Every entry, {index}",
            network=NetworkSpec(INPUTS, (*hidden, last)),
            data=DataSpec(_waves(INPUTS), _targets(loss), batch_size=3, shuffle=True, seed=index, test_size=0.25),
            loss=loss,
            optimizer=optimizer,
            scheduler=_scheduler(index, optimizer),
            clipping=_entry(CLIPPINGS, index),
            initialization=InitializationSpec(seed=index),
            dtype=DTYPES[index % len(DTYPES)],
        )
    )


def _entry(table: Mapping[str, Entry], index: int) -> Choice:
    """An entry with torch's defaults, and where torch has none with the program's."""
    entry = list(table.values())[index % len(table)]
    return Choice(entry.name, {argument.name: argument.default for argument in entry.arguments})


def _scheduler(index: int, optimizer: Choice) -> Choice:
    """A scheduler, with what it asks for; it cycles a momentum only where the optimizer has one."""
    scheduler = _entry(SCHEDULERS, index).replace(interval="iteration")
    if "total_steps" in scheduler.arguments:
        scheduler = scheduler.replace(total_steps=30)
    has_momentum = "betas" in optimizer.arguments or bool(optimizer.arguments.get("momentum"))
    if "cycle_momentum" in scheduler.arguments and not has_momentum:
        return scheduler.replace(cycle_momentum=False)
    return scheduler


def _targets(loss: Choice) -> Rows:
    kind, waves = targets_of(loss), _waves(OUTPUTS)
    if kind in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        return tuple((float(row % OUTPUTS),) for row in range(ROWS))
    if kind is Targets.SIGNS:
        return tuple(tuple(1.0 if number > 0 else -1.0 for number in row) for row in waves)
    if kind is Targets.FRACTIONS:
        return tuple(tuple((number + 1) / 2 for number in row) for row in waves)
    return waves


def _waves(columns: int) -> Rows:
    """Numbers from -1 to 1 in no order, the same each time."""
    return tuple(
        tuple(((row * columns + column) * 7 % 13) / 6.5 - 1 for column in range(columns)) for row in range(ROWS)
    )
