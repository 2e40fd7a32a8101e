"""What was read of a script, in words: the network, its data, its loss, what trains it."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.tables import Entry

# Layers of a longer network are only counted.
MOST_LAYERS_TOLD = 12


def summary_lines(experiment: Experiment, first_values: str = "") -> tuple[tuple[str, str], ...]:
    """Return what an experiment is made of, each part by what it is called.

    `first_values` says where the first parameters come from, where that is not seen in the experiment.
    """
    data, first = experiment.data, first_values or _first(experiment)
    batches = f", in batches of {data.batch_size}" if data.batch_size else ""
    lines = [
        ("Network", _network(experiment)),
        ("Parameters", f"{experiment.network.parameter_count} numbers in {experiment.dtype}, {first}"),
        ("Data", f"{plural(len(data.inputs), 'row')}{batches}{', shuffled' if data.shuffle else ''}"),
        ("Loss", _spoken(experiment.loss, LOSSES[experiment.loss.name])),
    ]
    if experiment.penalties:
        lines.append(("Penalties", ", ".join(f"{p.choice.name} {p.choice['factor']}" for p in experiment.penalties)))
    lines.append(("Optimizer", _spoken(experiment.optimizer, OPTIMIZERS[experiment.optimizer.name])))
    if experiment.parameter_groups:
        lines.append(("Groups", plural(len(experiment.parameter_groups), "parameter group")))
    if experiment.clipping is not None:
        lines.append(("Clipping", _spoken(experiment.clipping, CLIPPINGS[experiment.clipping.name])))
    if experiment.scheduler is not None:
        lines.append(("Scheduler", _spoken(experiment.scheduler, SCHEDULERS[experiment.scheduler.name])))
    if experiment.frozen:
        lines.append(("Frozen", ", ".join(sorted(experiment.frozen))))
    return tuple(lines)


def _network(experiment: Experiment) -> str:
    network = experiment.network
    parts = [plural(network.inputs, "input")]
    for layer in network.layers[:MOST_LAYERS_TOLD]:
        function = "" if layer.activation.name == "Identity" else f" {layer.function}"
        parts.append(f"{layer.units}{function}{'' if layer.bias else ' (no bias)'}")
    more = len(network.layers) - MOST_LAYERS_TOLD
    return " → ".join(parts) + (f" → and {plural(more, 'layer')} more" if more > 0 else "")


def _first(experiment: Experiment) -> str:
    if experiment.parameters:
        return "given as numbers"
    return f"drawn under the seed {experiment.initialization.seed}"


def _spoken(choice: Choice, entry: Entry) -> str:
    """Return a name with those arguments that are not torch's own."""
    plain = {argument.name: argument.default for argument in entry.arguments}
    always = [name for name in ("lr",) if name in choice.arguments]
    changed = [name for name, value in choice.arguments.items() if name not in always and value != plain.get(name)]
    said = [f"{name} {_value(choice.arguments[name])}" for name in (*always, *changed)]
    return f"{choice.name}{', ' if said else ''}{', '.join(said)}"


def _value(value: object) -> str:
    if isinstance(value, Choice):
        return value.name
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))})"
    return f"{value:g}" if isinstance(value, float) else str(value)
