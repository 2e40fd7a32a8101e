"""What is set in an experiment, one thing at a time, in words as short as a legend's: `lr 0.1`, `layer 1: Tanh`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.formula_argument import in_a_sentence
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_short

# What a setting is of, and where: two experiments are compared in what has the same key.
SettingKey = tuple[object, ...]
# Longer formulas are cut off: a legend has no room for them.
MOST_LETTERS = 40
# Digits of a number, where they tell it from the others.
FEW = 4
# Keys of first weights, of which nothing is said where other words say why they differ.
FIRST, CHANCE, SHAPE = "first", "chance", "shape"


@dataclass(frozen=True, slots=True)
class RunSetting:
    """A value, to be compared, and what is said of it. One that is `alone` says something by being there at all.

    A number that was found by a race has many digits: `text` has four of them, and `exact` all.
    """

    value: object
    text: str
    alone: bool = False
    exact: str = ""


def settings_of(experiment: Experiment) -> dict[SettingKey, RunSetting]:
    """Return all that is set in an experiment but its title and its names, in the order in which it is said."""
    found: dict[SettingKey, RunSetting] = {}
    found.update(_optimizer(experiment))
    found.update(_network(experiment))
    found.update(_loss(experiment))
    found.update(_data(experiment.data))
    found.update(_first_numbers(experiment))
    found["dtype",] = RunSetting(experiment.dtype, experiment.dtype)
    found["device",] = RunSetting(experiment.device, experiment.device)
    return found


def _optimizer(experiment: Experiment) -> Iterator[tuple[SettingKey, RunSetting]]:
    yield from _choice("optimizer", experiment.optimizer)
    for key, choice in (("clipping", experiment.clipping), ("scheduler", experiment.scheduler)):
        yield (key,), RunSetting(choice and choice.name, choice.name if choice else f"no {key}")
        yield from _arguments(key, choice) if choice else ()
    groups = experiment.parameter_groups
    yield ("groups",), RunSetting(groups, plural(len(groups), "parameter group") if groups else "no parameter groups")


def _choice(key: str, choice: Choice, called: str = "") -> Iterator[tuple[SettingKey, RunSetting]]:
    yield (key,), RunSetting(choice.name, called or choice.name)
    yield from _arguments(key, choice)


def _arguments(key: str, choice: Choice) -> Iterator[tuple[SettingKey, RunSetting]]:
    for name, value in choice.arguments.items():
        yield (key, name), _argument(name, value)


def _argument(name: str, value: ArgumentValue, where: str = "") -> RunSetting:
    text, exact = (where + argument_in_words(name, value, digits) for digits in (FEW, None))
    return RunSetting(value, text, exact=exact)


def argument_in_words(name: str, value: ArgumentValue, digits: int | None = None) -> str:
    """Return an argument and its value: `lr 0.1`, `nesterov`, `no nesterov`; of what is long its name alone."""
    if isinstance(value, bool):
        return name if value else f"no {name}"
    text = _value(value, digits)
    return f"{name} {text}" if text is not None else f"other {name}"


def _value(value: ArgumentValue, digits: int | None = None) -> str | None:
    if value is None:
        return "none"
    if isinstance(value, int | float):
        return format_short(float(value), digits)
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, tuple):
        parts = [_value(part, digits) for part in value]
        text = ", ".join(part for part in parts if part is not None)
        return text if None not in parts and len(text) <= MOST_LETTERS else None
    return None


def _short(formula: str) -> str:
    text = in_a_sentence(formula)
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _called(choice: Choice) -> str:
    """Return a function with its arguments: `LeakyReLU (negative_slope 0.2)`."""
    arguments = ", ".join(argument_in_words(name, value) for name, value in choice.arguments.items())
    return f"{choice.name} ({arguments})" if arguments else choice.name


def _network(experiment: Experiment) -> Iterator[tuple[SettingKey, RunSetting]]:
    network = experiment.network
    if network.formula:
        yield (SHAPE, "formula"), RunSetting(network.formula, _short(network.formula[-1]))
        return
    count = len(network.layers)
    sizes = "-".join(map(str, (network.inputs, *(layer.units for layer in network.layers))))
    # Of other numbers of layers all widths are said, else each that differs.
    yield (SHAPE, "layers"), RunSetting(count, sizes)
    yield (SHAPE, "inputs", count), RunSetting(network.inputs, plural(network.inputs, "input"))
    for place, layer in enumerate(network.layers):
        yield from _layer(layer, place, count)


def _layer(layer: LayerSpec, place: int, count: int) -> Iterator[tuple[SettingKey, RunSetting]]:
    name = f"layer {place + 1}"
    yield (SHAPE, "units", count, place), RunSetting(layer.units, f"{name}: {plural(layer.units, 'unit')}")
    yield ("activation", count, place), RunSetting(layer.activation, f"{name}: {_called(layer.activation)}")
    yield (SHAPE, "bias", count, place), RunSetting(layer.bias, f"{name}: {'bias' if layer.bias else 'no bias'}")
    first = layer.initialization
    text = f"{name}: {first.name if first else 'weights drawn as all'}"
    yield (CHANCE, "layer", count, place), RunSetting(first, text)
    own = layer.lr is not None
    rate = _argument("lr", layer.lr, f"{name}: ") if own else RunSetting(None, f"{name}: lr as all")
    yield ("lr", count, place), rate


def _loss(experiment: Experiment) -> Iterator[tuple[SettingKey, RunSetting]]:
    if experiment.network.formula:
        return
    yield from _choice("loss", experiment.loss)
    texts = [f"{each.choice.name} {_value(each.choice.arguments.get('factor')) or ''}" for each in experiment.penalties]
    words = f"penalty {', '.join(map(str.strip, texts))}" if texts else "no penalty"
    yield ("penalties",), RunSetting(experiment.penalties, words)


def _data(data: DataSpec) -> Iterator[tuple[SettingKey, RunSetting]]:
    yield ("data", "count"), RunSetting(len(data.inputs), plural(len(data.inputs), "row"))
    # Of as many rows: else their number is said.
    yield ("data", "rows", len(data.inputs)), RunSetting((data.inputs, data.targets), "other data")
    batches = "all rows at once" if data.batch_size is None else f"batches of {data.batch_size}"
    yield ("data", "batch"), RunSetting(data.batch_size, batches)
    yield ("data", "shuffle"), RunSetting(data.shuffle, "shuffled" if data.shuffle else "not shuffled")
    yield ("data", "seed"), RunSetting(data.seed, f"seed {data.seed} of the order")
    held = f"{100 * data.test_size:.3g} % test rows" if data.test_size else "no test rows"
    yield ("data", "test"), RunSetting(data.test_size, held)
    updates = "an update each batch" if data.accumulate == 1 else f"an update each {data.accumulate} batches"
    yield ("data", "accumulate"), RunSetting(data.accumulate, updates)


def _first_numbers(experiment: Experiment) -> Iterator[tuple[SettingKey, RunSetting]]:
    drawn = experiment.initialization
    yield (CHANCE, "scheme"), RunSetting(drawn.scheme, drawn.scheme.name)
    yield (CHANCE, "seed"), RunSetting(drawn.seed, f"seed {drawn.seed}")
    notation, shapes = Notation.of(experiment), experiment.network.parameter_shapes()
    for ref, numbers in experiment.parameters.items():
        yield (FIRST, ref, shapes.get(ref)), RunSetting(numbers, _of_parameter(notation, ref), alone=True)
    for ref in sorted(experiment.frozen):
        yield ("frozen", ref), RunSetting(True, f"{_of_parameter(notation, ref)} frozen", alone=True)
    start = experiment.state
    words = "starts at iteration 0" if start is None else f"starts at iteration {start.iteration}"
    yield ("start",), RunSetting(start, words)


def _of_parameter(notation: Notation, ref: ValueRef) -> str:
    title = notation.text(ref) if notation.network.formula else notation.title_of(ref)
    return title.removeprefix("the ")


def single_number(one: object, other: object) -> tuple[int, ...] | None:
    """Return the index of the only number in which two nested tuples differ; None where there is not exactly one."""
    found = _differing(one, other, ())
    first = next(found, None)
    return first if first is not None and next(found, None) is None else None


def _differing(one: object, other: object, at: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if one is other or one == other:
        return
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for place, (this, that) in enumerate(zip(one, other, strict=True)):
            yield from _differing(this, that, (*at, place))
    elif isinstance(one, tuple) or isinstance(other, tuple):
        # Of another shape: more than a number.
        yield from ((*at, 0), (*at, 1))
    else:
        yield at


def number_in_words(experiment: Experiment, ref: ValueRef, index: tuple[int, ...]) -> str:
    """Return one first number of a parameter: `w₁₂ 0.5`."""
    value: object = experiment.parameters[ref]
    for place in index:
        value = value[place]  # type: ignore[index]
    return f"{Notation.of(experiment).text(ref, index)} {format_short(float(value), None)}"  # type: ignore[arg-type]
