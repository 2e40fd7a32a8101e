"""Why something was not accepted, as the window says it: in a person's words, with rows and layers counted from 1.

Files and commands say where with a path, `$.data.targets[1][0]`, and in the words of JSON. A person sees a table and
fields with labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Argument, Choice, NamedNumbers, Numbers
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import Experiment, NetworkSpec
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.formula_argument import FormulaLines
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.schedules.schedulers import PARTS, SCHEDULERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.parameters import parameters_in_words
from chainrule.explain.writing.numbers import format_short, subscript
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from chainrule.catalog.tables import Entry

    Table = Mapping[str, Entry]

PathPart = str | int

_PART = re.compile(r"\[(\d+)\]|([^.\[\]$]+)")
_QUOTED = re.compile(r'"([^"]*)(?:"|$)')
# Not the digits of a name, float64, 2-2-1, w1, nor the groups of a number that is written for people: 200,000.
_NUMBER = re.compile(r"(?<![\w.-])(?!(?<=\d,)\d{3}(?!\d))-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w-]|\.\d|,\d{3}(?!\d))")
_COUNT = re.compile(r"(\d+) (number|row)s?((?:[,:].*)?)")
# Shorter whole numbers are read as they are.
LONG = 10_000
# What JSON says, and what people do.
_WORDS = (
    (re.compile(r"\bnull or (.+)"), r"\1, or empty"),
    (re.compile(r"\bnull\b"), "empty"),
    (re.compile(r"\btrue or false\b"), "on or off"),
    (re.compile(r"\btrue\b"), "on"),
    (re.compile(r"\bfalse\b"), "off"),
    (re.compile(r"\ban integer\b"), "a whole number"),
    (re.compile(r"\binteger(s?)\b"), r"whole number\1"),
)
_GROUPED = re.compile(r"(layers\.\d+\.\S+) is in parameter_groups\[(\d+)\] already")
_LAYER = re.compile(r"layers\.(\d+)\.")
MUST_BE = gettext_noop("it must be {wanted}")
_NO_PATTERN = re.compile(r"expected (at least 1 pattern, .*), got none")
_NO_ARGUMENTS = re.compile(r"expected arguments of (\S+) beside the parameters, got none")
# What is no argument of a function, by its path.
_PLACES: Mapping[tuple[PathPart, ...], str] = {
    ("network",): gettext_noop("Network"),
    ("network", "layers"): gettext_noop("Network"),
    ("network", "inputs"): gettext_noop("Inputs"),
    ("data",): gettext_noop("Data"),
    ("data", "inputs"): gettext_noop("Data"),
    ("data", "targets"): gettext_noop("Targets"),
    ("data", "batch_size"): gettext_noop("Batch size"),
    ("data", "test_size"): gettext_noop("Test part"),
    ("data", "seed"): gettext_noop("Seed of the shuffling"),
    ("data", "accumulate"): gettext_noop("Batches per update"),
    ("penalties",): gettext_noop("Penalties"),
    ("parameter_groups",): gettext_noop("Parameter groups"),
    ("state",): gettext_noop("What training starts from"),
    ("state", "iteration"): gettext_noop("First iteration"),
    ("state", "values"): gettext_noop("What training starts from"),
    ("initialization", "seed"): gettext_noop("Seed of the first values"),
    ("initialization", "scheme"): gettext_noop("First values"),
    ("initialization",): gettext_noop("First values"),
    ("loss",): gettext_noop("Loss"),
    ("optimizer",): gettext_noop("Optimizer"),
    ("clipping",): gettext_noop("Gradient clipping"),
    ("scheduler",): gettext_noop("Scheduler"),
    ("title",): gettext_noop("Title"),
    ("device",): gettext_noop("Device"),
    ("dtype",): gettext_noop("Number type"),
    ("frozen",): gettext_noop("Frozen parameters"),
    ("clipboard",): "",
    ("file size",): "",
    ("link",): "",
}


def refusal_in_words(error: SpecError, experiment: Experiment) -> str:
    """Say why an experiment was refused, or an edit of one: where, what was given, and what is needed."""
    where, reason = place(error.path, experiment), _reason(error, experiment.network)
    return as_sentence(gettext("{where}: {reason}", where=where, reason=reason) if where else reason)


def as_sentence(text: str) -> str:
    """Return a text with the capital and the full stop of a sentence."""
    text = _capital(text.rstrip())
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def quoted_text(text: str) -> str:
    """Return what was typed, as a sentence shows it; of what is long the beginning."""
    shown = text.strip() if text.strip().isprintable() else text.strip().encode("unicode_escape").decode()
    return f"“{shown}”" if len(shown) <= LONGEST_TYPED else f"“{shown[:LONGEST_TYPED]}…”"


# Characters of what was typed that a sentence shows.
LONGEST_TYPED = 40


def not_a(what: str, text: str) -> str:
    """Return what is said of a typed text that is none of what is needed: `“abc” is not a number`."""
    if not text.strip():
        return gettext("nothing was typed; {what} is needed", what=what)
    return gettext("{text} is not {what}", text=quoted_text(text), what=what)


# Where


def path_parts(path: str) -> tuple[PathPart, ...]:
    """Return a path taken apart: `$.data.inputs[4][1]` is data, inputs, 4, 1."""
    return tuple(int(match[1]) if match[1] else match[2] for match in _PART.finditer(path))


def place(path: str, experiment: Experiment) -> str:
    """Return what a path leads to, in words: `Row 5, x₂`, `Layer 2, negative slope`; empty for the whole experiment."""
    parts = path_parts(path)
    if parts in _PLACES:
        return gettext(_PLACES[parts])
    if not parts or not path.startswith("$"):
        # A file, which whoever opens or writes it has named already.
        return ""
    head, *rest = parts
    if head in _HEADS:
        return _HEADS[str(head)](rest, experiment)
    if experiment.network.formula and head != "parameters" and head not in _SECTIONS:
        # A name of the formula stays as it is, and does not begin the sentence.
        return gettext("Value of {name}", name=".".join(map(str, parts)))
    if head == "parameters" or refs_of(parts) is not None:
        found = refs_of(parts[1:] if head == "parameters" else parts)
        return _value_place(*found, experiment) if found else "Parameters"
    if head in _SECTIONS:
        return _argument_place(str(head), rest, experiment)
    return _capital(" ".join(str(part) for part in parts if isinstance(part, str)))


def _data_place(parts: Sequence[PathPart], experiment: Experiment) -> str:
    which, row, *column = parts
    assert isinstance(row, int)
    if not column:
        return gettext("Row {row}, {what}", row=row + 1, what=which)
    assert isinstance(column[0], int)
    return gettext("Row {row}, {what}", row=row + 1, what=_column(str(which), column[0], experiment))


def _column(which: str, column: int, experiment: Experiment) -> str:
    """Return a column's name, as the table heads it; also of one that is not there yet."""
    if which == "inputs":
        several = experiment.network.inputs > 1 or column > 0
        return f"x{subscript(column + 1)}" if several else "x"
    if len(experiment.data.targets[0]) == 1 and not column:
        return "class" if has_classes(experiment) else "target"
    return f"t{subscript(column + 1)}"


def _line_place(parts: Sequence[PathPart]) -> str:
    """Return a line of a formula; what is said of all of them says it by itself."""
    number = next((part for part in parts if isinstance(part, int)), None)
    return "" if number is None else gettext("Line {number}", number=number + 1)


def _network_place(parts: Sequence[PathPart], experiment: Experiment) -> str:
    return _line_place(parts) if parts[0] == "formula" else _layer_place(parts, experiment)


def _layer_place(parts: Sequence[PathPart], experiment: Experiment) -> str:
    _, index, *rest = parts
    assert isinstance(index, int)
    layer = gettext("Layer {number}", number=index + 1)
    if not rest:
        return layer
    name, *more = rest
    own = {"units": "units", "lr": "learning rate", "bias": "bias"}.get(str(name))
    if own or not more:
        return f"{layer}, {own or {'initialization': 'first values'}.get(str(name), name)}"
    return f"{layer}, {_argument(_TABLES[str(name)], more)}"


def refs_of(parts: Sequence[PathPart]) -> tuple[ValueRef, tuple[int, ...]] | None:
    """Return the value and the index that a path names; None where it names no value."""
    names = [str(part) for part in parts if isinstance(part, str)]
    index = tuple(part for part in parts if isinstance(part, int))
    ref = ValueRef(".".join(names))
    alone = (refs.INPUT, refs.TARGET, refs.LOSS, refs.LR, refs.MOMENTUM, refs.BETA1, refs.ITERATION)
    known = ref in alone or (len(names) > 2 and names[0] == "layers")  # noqa: PLR2004 - layers, number, name
    return (ref, index) if known else None


def _value_place(ref: ValueRef, index: tuple[int, ...], experiment: Experiment) -> str:
    try:
        return Notation.of(experiment).text(values_of(experiment)[ref].ref, index)
    except (IndexError, ValueError, KeyError):
        # Of a network that is not there, or of many numbers: only the layer can be told.
        layer = _LAYER.match(ref)
        return gettext("Layer {number}", number=int(layer[1]) + 1 if layer else 1)


def _state_place(parts: Sequence[PathPart], experiment: Experiment) -> str:
    found, what = refs_of(parts[1:]), gettext(_PLACES["state",])
    return f"{what}, {_value_place(*found, experiment)}" if found else what


def _listed_place(section: str, parts: Sequence[PathPart], experiment: Experiment) -> str:
    """Return a penalty or a parameter group, counted from 1, and what of it."""
    index, *rest = parts
    assert isinstance(index, int)
    which = f"{_LISTED[section]} {index + 1}"
    if not rest:
        return which
    if rest[0] == "parameters":
        return f"{which}, parameters"
    chosen: Choice | None = experiment.optimizer
    if section == "penalties":
        penalties = experiment.penalties
        chosen = penalties[index].choice if index < len(penalties) else None
    return f"{which}, {_argument(_TABLES[section], rest, chosen)}"


def _argument_place(section: str, parts: Sequence[PathPart], experiment: Experiment) -> str:
    if section == "scheduler" and parts[0] == "schedulers":
        number = f"Scheduler {parts[1] + 1}" if len(parts) > 1 and isinstance(parts[1], int) else "Schedulers"
        return f"{number}, {_argument(_TABLES['part'], parts[2:])}" if len(parts) > 2 else number  # noqa: PLR2004
    chosen: Choice | None = _SECTIONS[section](experiment)
    return _capital(_argument(_TABLES[section], parts, chosen))


def _argument(table: Table, parts: Sequence[PathPart], chosen: Choice | None = None) -> str:
    """Return the label of an argument, and of one of several numbers its symbol; of the chosen entry, or of any."""
    name, *index = parts
    if name == "name":
        return "name"
    entries = [table[chosen.name]] if chosen is not None and chosen.name in table else []
    found: Iterator[Argument] = (
        argument for entry in (*entries, *table.values()) for argument in entry.arguments if argument.name == name
    )
    argument = next(found, None)
    if argument is None:
        return str(name).replace("_", " ")
    if isinstance(argument, Numbers) and index and isinstance(index[0], int):
        if index[0] < len(argument.symbols):
            return f"{argument.label} {latex_to_text(argument.symbols[index[0]])}"
        return f"{argument.label}, number {index[0] + 1}"
    if isinstance(argument, FormulaLines) and index and isinstance(index[0], int):
        return f"{argument.label}, line {index[0] + 1}"
    if isinstance(argument, NamedNumbers) and index:
        return f"{argument.label} {index[0]}"
    return gettext(argument.label)


# What stands below these is no argument of a function, or of one of several.
_HEADS: Mapping[str, Callable[[Sequence[PathPart], Experiment], str]] = {
    "data": _data_place,
    "network": _network_place,
    "state": _state_place,
    "penalties": partial(_listed_place, "penalties"),
    "parameter_groups": partial(_listed_place, "parameter_groups"),
}
_SECTIONS: Mapping[str, Callable[[Experiment], Choice | None]] = {
    "loss": lambda experiment: experiment.loss,
    "optimizer": lambda experiment: experiment.optimizer,
    "clipping": lambda experiment: experiment.clipping,
    "scheduler": lambda experiment: experiment.scheduler,
    "initialization": lambda experiment: experiment.initialization.scheme,
}


# What an experiment may have several of, by what people call one.
_LISTED = {"penalties": "Penalty", "parameter_groups": "Group"}
# The parts of a path below which arguments are.
_ARGUED = ("activation", "initialization", "loss", "optimizer", "clipping", "scheduler", "schedulers", *_LISTED)


# The table of each section; a part of a sequence of schedulers has one of its own.
_TABLES: Mapping[str, Table] = {
    "penalties": PENALTIES,
    "activation": ACTIVATIONS,
    "initialization": INITIALIZERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "parameter_groups": OPTIMIZERS,
    "clipping": CLIPPINGS,
    "scheduler": SCHEDULERS,
    "part": PARTS,
}


# Why


def _reason(error: SpecError, network: NetworkSpec) -> str:
    if not error.wanted:
        text = plainly(_of_groups(error.message, network))
        text = gettext(MUST_BE, wanted=text.removeprefix("expected ")) if text.startswith("expected ") else text
        return _labelled(text, error.path)
    wanted, got, hint = plainly(error.wanted), plainly(error.got), plainly(error.hint)
    text = _counted(wanted, got) or _compared(wanted, got, error.who)
    return _labelled(f"{text}; {hint}" if hint else text, error.path)


def _of_groups(message: str, network: NetworkSpec) -> str:
    """Return what is said of parameter groups, with the parameters in words and the groups counted from 1."""
    message = _NO_PATTERN.sub(r"\1, is needed", message)
    message = _NO_ARGUMENTS.sub(r"no argument of \1 differs in it; a group needs one", message)
    known = parameters_of(network)

    def grouped(match: re.Match[str]) -> str:
        parameter = known.get(ValueRef(match[1]))
        # One of a network that is not there: a refused change would have added it.
        what = parameters_in_words([parameter]) if parameter else "parameters that it would add"
        return f"{what} belong to group {int(match[2]) + 1} already"

    return _GROUPED.sub(grouped, message)


def _labelled(text: str, path: str) -> str:
    """Return a reason in which the arguments of torch's functions go by the labels of their fields."""
    section = next((part for part in reversed(path_parts(path)) if part in _ARGUED), None)
    if section is None:
        return text
    table = _TABLES["part" if section == "schedulers" else str(section)]
    labels = {argument.name: argument.label for entry in table.values() for argument in entry.arguments}
    for name, label in labels.items():
        # A short name is a word of English elsewhere: `a number of at least a`.
        before = "" if "_" in name else "(?<=at least )|(?<=above )"
        text = re.sub(rf"(?:{before})\b{name}\b(?! number)", f"“{label}”", text)
    return text


def _counted(wanted: str, got: str) -> str:
    """Return what is said where there are too few or too many; empty where it is about something else."""
    if wanted.startswith("at least "):
        return gettext("{wanted} is needed", wanted=wanted)
    if wanted.startswith("at most "):
        return gettext("{got} are too many; {wanted} are possible", got=got, wanted=wanted)
    match = _COUNT.fullmatch(wanted)
    if match is None or not got.isdigit():
        return ""
    count, noun, more = match.groups()
    given = f"is 1 {noun}" if got == "1" else f"are {got} {noun}s"
    return f"there {given}; {count} {'is' if count == '1' else 'are'} needed{more}"


def _compared(wanted: str, got: str, who: str) -> str:
    needs = gettext("{who} needs {wanted}", who=who, wanted=wanted) if who else gettext(MUST_BE, wanted=wanted)
    if not got:
        got = "empty"
    if got in ("on", "off", "empty"):
        return gettext("it cannot be {got}; {needs}", got=got, needs=needs)
    return gettext("{got} does not fit; {needs}", got=got, needs=needs)


def plainly(text: str) -> str:
    """Return a message of files in a person's words: whole numbers, on and off,
    and numbers as the window writes them.
    """
    shown, start = [], 0
    for match in _QUOTED.finditer(text):
        shown += [_unquoted(text[start : match.start()]), f"“{match[1]}”"]
        start = match.end()
    return "".join([*shown, _unquoted(text[start:])])


def _unquoted(text: str) -> str:
    for word, said in _WORDS:
        text = word.sub(said, text)
    text = re.sub(r"\[(.*)\]", r"\1", text)
    return _NUMBER.sub(lambda match: _number(match[0]), text)


def _capital(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]


def _number(text: str) -> str:
    number = float(text)
    if number.is_integer() and LONG <= abs(number) < 10**16:
        return f"{int(number):,}".replace("-", "−")
    return format_short(number, None)
