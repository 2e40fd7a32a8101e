"""Parameters that shell patterns name, for people: what the patterns match, in words, and the choices that are usual.

No torch, and no wait for it: the experiment's panel asks before the engine is there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from chainrule.catalog.experiment.groups import matching
from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.values import refs
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value

Patterns = tuple[str, ...]

ALL = "all parameters"
# Of so many names each is said.
MOST_NAMES = 4


def usual_choices(network: NetworkSpec) -> dict[str, Patterns]:
    """Return patterns by what they are of: `all weights`, `all biases`, `layer 1`, `weights of layer 1`, ..."""
    parameters, found = parameters_of(network), dict[str, Patterns]()
    if network.formula:
        return found | {str(name): (str(name),) for name in parameters} | {ALL: ("*",)}
    kinds = dict.fromkeys(each.nouns for each in parameters.values())
    found = {f"all {kind}": _all_of(parameters, kind) for kind in kinds}
    found[ALL] = ("*",)
    if len(network.layers) > 1:
        found |= {f"layer {index + 1}": (f"layers.{index}.*",) for index in range(len(network.layers))}
        found |= {f"{each.nouns} of layer {_layer(each) + 1}": (str(ref),) for ref, each in parameters.items()}
    return found


def _all_of(parameters: Mapping[ValueRef, Value], kind: str) -> Patterns:
    """Return the pattern of every parameter of a kind, and of no other: `*.weight`,
    or `*[0-9].weight` beside PReLU's.
    """
    wanted = [ref for ref, each in parameters.items() if each.nouns == kind]
    found = (parameters[ref] for ref in wanted)
    ends = dict.fromkeys(refs.LEARNED + each.name if each.is_learned else each.name for each in found)
    for begin in ("*.", "*[0-9]."):
        patterns = tuple(begin + end for end in ends)
        if matching(patterns, parameters) == wanted:
            return patterns
    return tuple(map(str, wanted))


def usual_name(patterns: Patterns, choices: Mapping[str, Patterns]) -> str:
    """Return the usual choice that patterns are, or nothing."""
    return next((name for name, usual in choices.items() if usual == patterns), "")


def matched_in_words(network: NetworkSpec, patterns: Patterns) -> str:
    """Return what patterns match: `4 numbers: the biases of layers 1 and 2`."""
    shapes, parameters = network.parameter_shapes(), parameters_of(network)
    found = matching(patterns, tuple(shapes))
    if not found:
        return "no parameter"
    count = plural(sum(math.prod(shapes[ref]) for ref in found), "number")
    if network.formula:
        return f"{count}: {_listed([str(ref) for ref in found])}"
    if len(found) == len(shapes):
        return f"{count}: {ALL}"
    single = [ref for ref in found if math.prod(shapes[ref]) == 1]
    return f"{count}: {parameters_in_words([parameters[ref] for ref in found], single=single)}"


def parameters_in_words(parameters: Iterable[Value], single: Collection[ValueRef] = ()) -> str:
    """Return parameters within a sentence: `the weights and biases of layer 1, and the weights of layer 2`.

    Those that are `single` are one number each: `the bias of layer 2`.
    """
    by_layer: dict[int, list[Value]] = {}
    for each in parameters:
        by_layer.setdefault(_layer(each), []).append(each)
    by_kinds: dict[tuple[str, ...], list[int]] = {}
    for layer, found in sorted(by_layer.items()):
        by_kinds.setdefault(tuple(each.nouns for each in found), []).append(layer)
    parts = []
    for kinds, layers in by_kinds.items():
        first = by_layer[layers[0]] if len(layers) == 1 else []
        alone = {each.nouns: each.noun for each in first if each.ref in single}
        nouns = [alone.get(kind, kind) for kind in kinds]
        parts.append(f"the {_listed(nouns)} of {_layers([layer + 1 for layer in layers])}")
    return ", and ".join(parts)


def _layer(parameter: Value) -> int:
    return parameter.layer or 0


def _layers(numbers: Sequence[int]) -> str:
    """Return `layer 2`, `layers 1 and 3`, `layers 1 to 4 and 7`."""
    runs = []
    for _, run in groupby(enumerate(numbers), key=lambda item: item[1] - item[0]):
        first, *rest = (number for _, number in run)
        # Two that follow each other are no range.
        runs += [f"{first} to {rest[-1]}"] if len(rest) > 1 else [str(number) for number in (first, *rest)]
    return f"layer{'s' if len(numbers) > 1 else ''} {_listed(runs)}"


def _listed(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} more"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
