"""Conventions: how PyTorch, Keras, papers and textbooks write what is called by one name, and is not one rule.

Each is lines of the optimizer Formula. PyTorch's own stand beside them as lines, too, and are computed as PyTorch's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chainrule.catalog.arguments import Choice
from chainrule.catalog.formula_argument import FORMULA

# In lines these stand for what the weight decay makes of the gradient and of the parameter.
_GRAD, _PARAM = "GRAD", "PARAM"
_NUMBER = r"\d[\d.]*(?:e[+-]?\d+)?"


@dataclass(frozen=True, slots=True)
class Convention:
    """Who writes the rule so, and its lines; a number of the settings stands there as `{momentum}`.

    What it keeps is so many times (`scale`) what the family's first one has kept of the same gradients, at one rate.
    """

    name: str
    source: str
    lines: tuple[str, ...]
    state: Mapping[str, float] = field(default_factory=dict)
    scale: str = "1"


@dataclass(frozen=True, slots=True)
class Family:
    """Rules that go by one name, PyTorch's first, and the names of their numbers.

    `buffers` says of each name in the state of the lines what PyTorch calls that.
    """

    title: str
    conventions: tuple[Convention, ...]
    numbers: tuple[str, ...]
    buffers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decay:
    """A way of weight decay: what it makes of the gradient, and of the parameter before it moves."""

    name: str
    source: str
    grad: str = "grad"
    param: str = "param"


_V, _MV, _S = {"v": 0.0}, {"m": 0.0, "v": 0.0}, {"s": 0.0}
_VELOCITY = {"v": "momentum_buffer"}

DESCENT = Family(
    "gradient descent",
    (Convention("PyTorch", "torch.optim.SGD", (f"next = {_PARAM} - lr*{_GRAD}",)),),
    (),
)
MOMENTUM = Family(
    "momentum",
    (
        Convention(
            "PyTorch",
            "torch.optim.SGD: the rate stands outside the velocity",
            (f"v.next = {{momentum}}*v + {_GRAD}", f"next = {_PARAM} - lr*v.next"),
            _V,
        ),
        Convention(
            "Keras",
            "keras.optimizers.SGD, and Sutskever et al., 2013: the rate stands inside the velocity",
            (f"v.next = {{momentum}}*v - lr*{_GRAD}", f"next = {_PARAM} + v.next"),
            _V,
            "-lr",
        ),
        Convention(
            "averaged",
            "Textbooks and courses that average the gradient: steps are shorter by a factor of 1 - momentum",
            (f"v.next = {{momentum}}*v + (1 - {{momentum}})*{_GRAD}", f"next = {_PARAM} - lr*v.next"),
            _V,
            "1 - {momentum}",
        ),
    ),
    ("momentum",),
    _VELOCITY,
)
NESTEROV = Family(
    "Nesterov",
    (
        Convention(
            "PyTorch",
            "torch.optim.SGD with nesterov: the rate stands outside the velocity",
            (f"v.next = {{momentum}}*v + {_GRAD}", f"next = {_PARAM} - lr*({_GRAD} + {{momentum}}*v.next)"),
            _V,
        ),
        Convention(
            "Keras",
            "keras.optimizers.SGD with nesterov: Sutskever's look ahead, written for the point that is looked at",
            (f"v.next = {{momentum}}*v - lr*{_GRAD}", f"next = {_PARAM} + {{momentum}}*v.next - lr*{_GRAD}"),
            _V,
            "-lr",
        ),
    ),
    ("momentum",),
    _VELOCITY,
)
_AVERAGES = (f"m.next = {{beta1}}*m + (1 - {{beta1}})*{_GRAD}", f"v.next = {{beta2}}*v + (1 - {{beta2}})*{_GRAD}^2")
ADAM = Family(
    "Adam",
    (
        Convention(
            "PyTorch",
            "torch.optim.Adam, and algorithm 1 of Kingma and Ba, 2015: epsilon is added to the corrected root",
            (
                *_AVERAGES,
                f"next = {_PARAM} - lr*(m.next/(1 - {{beta1}}^step))/(sqrt(v.next/(1 - {{beta2}}^step)) + {{eps}})",
            ),
            _MV,
        ),
        Convention(
            "Keras",
            "keras.optimizers.Adam and TensorFlow: epsilon hat, added to the root before it is corrected",
            (
                *_AVERAGES,
                f"next = {_PARAM} - lr*sqrt(1 - {{beta2}}^step)/(1 - {{beta1}}^step)*m.next/(sqrt(v.next) + {{eps}})",
            ),
            _MV,
        ),
        Convention(
            "eps in root",
            "Epsilon inside the root, as some write it by hand, and as Optax does by its eps_root",
            (
                *_AVERAGES,
                f"next = {_PARAM} - lr*(m.next/(1 - {{beta1}}^step))/sqrt(v.next/(1 - {{beta2}}^step) + {{eps}})",
            ),
            _MV,
        ),
        Convention(
            "uncorrected",
            "Without bias correction, as in the optimizer that BERT was trained with",
            (*_AVERAGES, f"next = {_PARAM} - lr*m.next/(sqrt(v.next) + {{eps}})"),
            _MV,
        ),
    ),
    ("beta1", "beta2", "eps"),
    {"m": "exp_avg", "v": "exp_avg_sq"},
)
_SQUARES = f"s.next = {{alpha}}*s + (1 - {{alpha}})*{_GRAD}^2"
_IN_ROOT = f"next = {_PARAM} - lr*{_GRAD}/sqrt(s.next + {{eps}})"
RMSPROP = Family(
    "RMSprop",
    (
        Convention(
            "PyTorch",
            "torch.optim.RMSprop: epsilon is added to the root",
            (_SQUARES, f"next = {_PARAM} - lr*{_GRAD}/(sqrt(s.next) + {{eps}})"),
            _S,
        ),
        Convention("Keras", "keras.optimizers.RMSprop: epsilon is inside the root", (_SQUARES, _IN_ROOT), _S),
        Convention(
            "TensorFlow 1",
            "tf.train.RMSPropOptimizer: epsilon is inside the root, and the average of squares begins at 1",
            (_SQUARES, _IN_ROOT),
            {"s": 1.0},
        ),
    ),
    ("alpha", "eps"),
    {"s": "square_avg"},
)
FAMILIES = (DESCENT, MOMENTUM, NESTEROV, ADAM, RMSPROP)

NO_DECAY = Decay("", "")
L2 = Decay(
    "L2 in grad",
    "The weight_decay of PyTorch's optimizers, but for AdamW: added to the gradient, which all else is worked out from",
    "(grad + {weight_decay}*param)",
)
DECOUPLED = Decay(
    "decoupled",
    "Loshchilov and Hutter, 2019, as PyTorch writes it in AdamW: the parameter shrinks by the rate times the decay",
    param="(param - lr*{weight_decay}*param)",
)
WITHOUT_RATE = Decay(
    "without rate",
    "Loshchilov and Hutter, 2019, as the paper writes it: the parameter shrinks by the decay, whatever the rate is",
    param="(param - {weight_decay}*param)",
)
DECAYS = (L2, DECOUPLED, WITHOUT_RATE)
WEIGHT_DECAY = "weight decay"


@dataclass(frozen=True, slots=True)
class RuleReading:
    """An optimizer, read as a convention of a family with a way of weight decay, and its numbers."""

    family: Family
    convention: Convention
    decay: Decay
    numbers: Mapping[str, float]
    lr: float

    def lines(self, convention: Convention, decay: Decay) -> tuple[str, ...]:
        """Return the lines of a convention of the family, with the numbers in them."""
        return tuple(self.written(line) for line in _patterns(convention, decay))

    def written(self, pattern: str) -> str:
        """Return a line, or a part of one, with the numbers in it."""
        return pattern.format(**{name: repr(float(number)) for name, number in self.numbers.items()})


@dataclass(frozen=True, slots=True)
class RuleColumn:
    """A convention in a comparison: the optimizer that computes it. `is_used` says that it is the experiment's.

    `buffers` are the names of what that keeps, each under PyTorch's name of it, and `scale` how many times what PyTorch
    would have kept each is: an expression of lr.
    """

    name: str
    source: str
    lines: tuple[str, ...]
    optimizer: Choice
    is_used: bool
    buffers: Mapping[str, str]
    scale: str


@dataclass(frozen=True, slots=True)
class RuleComparison:
    """What is compared, and its conventions from left to right: PyTorch's is the first."""

    title: str
    columns: tuple[RuleColumn, ...]


def _patterns(convention: Convention, decay: Decay) -> tuple[str, ...]:
    return tuple(line.replace(_GRAD, decay.grad).replace(_PARAM, decay.param) for line in convention.lines)


def comparisons_of(optimizer: Choice) -> tuple[RuleComparison, ...]:
    """Return what an optimizer's conventions are; none where it is written in one way only, or not known here."""
    read = reading_of(optimizer)
    if read is None:
        return ()
    found = []
    if len(read.family.conventions) > 1:
        columns = [_column(read, optimizer, each, read.decay, each) for each in read.family.conventions]
        found.append(RuleComparison(read.family.title, tuple(columns)))
    if read.decay is not NO_DECAY:
        columns = [_column(read, optimizer, read.convention, each, each) for each in DECAYS]
        found.append(RuleComparison(WEIGHT_DECAY, tuple(columns)))
    return tuple(found)


def _column(
    read: RuleReading, present: Choice, convention: Convention, decay: Decay, called: Convention | Decay
) -> RuleColumn:
    is_used = convention is read.convention and decay is read.decay
    own = present if is_used else _torch_choice(read, convention, decay)
    lines = read.lines(convention, decay)
    if own is None:
        state: dict[str, float] = dict(convention.state)
        own = Choice(FORMULA, {"lr": read.lr, "state": state, "updates": lines})
    named = read.family.buffers.items()
    buffers = {theirs: name if own.name == FORMULA else theirs for name, theirs in named}
    return RuleColumn(called.name, called.source, lines, own, is_used, buffers, read.written(convention.scale))


def _torch_choice(read: RuleReading, convention: Convention, decay: Decay) -> Choice | None:
    """Return PyTorch's own optimizer that computes a convention; None where there is none."""
    number, family = read.numbers, read.family
    if convention is not family.conventions[0] or decay is WITHOUT_RATE:
        return None
    decays = number.get("weight_decay", 0.0) if decay is not NO_DECAY else 0.0
    if family is ADAM:
        betas = (number["beta1"], number["beta2"])
        name = "AdamW" if decay is DECOUPLED else "Adam"
        return Choice(name, {"lr": read.lr, "betas": betas, "eps": number["eps"], "weight_decay": decays})
    if decay is DECOUPLED:
        return None
    if family is RMSPROP:
        return Choice(
            "RMSprop", {"lr": read.lr, "alpha": number["alpha"], "eps": number["eps"], "weight_decay": decays}
        )
    momentum = number.get("momentum", 0.0)
    arguments = {"lr": read.lr, "momentum": momentum, "weight_decay": decays, "nesterov": family is NESTEROV}
    return Choice("SGD", arguments)


# ------------------------------------------------------------------------------- Which convention an optimizer is


def reading_of(optimizer: Choice) -> RuleReading | None:
    """Return which convention an optimizer is, PyTorch's or one written as lines; None where it is none of them."""
    if optimizer.name == FORMULA:
        return _reading_of_lines(optimizer)
    arguments = optimizer.arguments
    if any(arguments.get(name) for name in ("maximize", "amsgrad", "centered", "dampening")):
        return None
    numbers: dict[str, float]
    if optimizer.name == "SGD":
        family = DESCENT
        if optimizer.number("momentum"):
            family = NESTEROV if arguments["nesterov"] else MOMENTUM
        numbers = {name: optimizer.number(name) for name in family.numbers}
    elif optimizer.name in ("Adam", "AdamW"):
        family, (beta1, beta2) = ADAM, optimizer.numbers("betas")
        numbers = {"beta1": beta1, "beta2": beta2, "eps": optimizer.number("eps")}
    elif optimizer.name == "RMSprop" and not optimizer.number("momentum"):
        family = RMSPROP
        numbers = {name: optimizer.number(name) for name in family.numbers}
    else:
        return None
    decay = NO_DECAY
    if optimizer.number("weight_decay"):
        is_decoupled = optimizer.name == "AdamW" or arguments.get("decoupled_weight_decay")
        decay = DECOUPLED if is_decoupled else L2
        numbers["weight_decay"] = optimizer.number("weight_decay")
    convention = family.conventions[0 if arguments.get("bias_correction", True) else -1]
    return RuleReading(family, convention, decay, numbers, optimizer.number("lr"))


def _reading_of_lines(optimizer: Choice) -> RuleReading | None:
    updates, state = optimizer["updates"], optimizer["state"]
    assert isinstance(updates, tuple)
    assert isinstance(state, Mapping)
    text = "\n".join(map(str, updates))
    for family in FAMILIES:
        for convention in family.conventions:
            for decay in (NO_DECAY, *DECAYS):
                found = re.fullmatch(_expression("\n".join(_patterns(convention, decay))), text)
                if found and dict(state) == convention.state:
                    numbers = {name: float(number) for name, number in found.groupdict().items()}
                    return RuleReading(family, convention, decay, numbers, optimizer.number("lr"))
    return None


def _expression(pattern: str) -> str:
    """Return the regular expression of lines in which a number stands for each name, everywhere the same."""
    known: set[str] = set()
    parts = []
    for part in re.split(r"(\{\w+\})", pattern):
        name = part[1:-1]
        if not part.startswith("{"):
            parts.append(re.escape(part))
        elif name in known:
            parts.append(f"(?P={name})")
        else:
            known.add(name)
            parts.append(f"(?P<{name}>{_NUMBER})")
    return "".join(parts)


def why_nothing_is_compared(optimizer: Choice) -> str:
    """Return why an optimizer has no conventions to be compared, in words."""
    if optimizer.name == FORMULA:
        return "These lines are your own: no convention is known that goes by their name."
    if optimizer.name == "SGD" and reading_of(optimizer) is not None:
        return (
            "Plain gradient descent is the same everywhere. Give SGD a momentum or a weight decay: "
            "these are written in several ways."
        )
    if optimizer.name in ("SGD", "Adam", "AdamW", "RMSprop"):
        extra = "dampening, maximize, AMSGrad, a centered average or RMSprop's momentum"
        return f"Conventions are compared without {extra}; this {optimizer.name} has one of them."
    return (
        f"No two conventions of {optimizer.name} are known here. SGD with momentum, Adam, AdamW and RMSprop have "
        "several, and so has weight decay."
    )
