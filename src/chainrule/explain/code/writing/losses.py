"""The loss in code: torch's criterion, or a function of the formula, and what penalties add.

`criterion = nn.MSELoss()` where torch has a class of the name; else `def criterion(o, t):`. The reduction "batchmean"
is `reduction="sum"` and a division by `len(x)`. A penalty is a line `loss = loss + 0.01*sum(... for w in [...])`.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from chainrule.catalog.arguments import SpecError, argument_values
from chainrule.catalog.experiment.groups import matching
from chainrule.catalog.experiment.spec import Experiment, PenaltySpec
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.penalties import ELEMENT, PENALTIES, in_front
from chainrule.explain.code.writing.lines import CodeLine, Lines, call, expression, indented, plain
from chainrule.explain.code.writing.literals import argument, keywords, tensor, told
from chainrule.explain.code.writing.network import parameter_code
from chainrule.formula.parse import read
from chainrule.formula.tree import ONE, Expr, Symbol, number, substituted, symbols_of
from chainrule.formula.writing.printing import Printed
from chainrule.formula.writing.torch_text import TorchWriter

BATCHMEAN = "batchmean"
# Written so that autograd takes the slope at the kink that the table has.
_AT_KINKS = {"HingeLoss": "if(t*o <= 1, 1 - t*o, 0)"}


def has_class_targets(experiment: Experiment) -> bool:
    """Return whether torch wants the targets as a row of class indices."""
    rows = experiment.data.targets
    return LOSSES[experiment.loss.name].of_classes and bool(rows) and len(rows[0]) == 1


class LossCode:
    """The code of an experiment's loss; `helper` says that it calls `by_case`."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment, self._choice = experiment, experiment.loss
        self._entry = LOSSES[self._choice.name]
        self.is_torchs = hasattr(nn, self._choice.name)
        self.helper = False
        self.definitions = [] if self.is_torchs else self._function()

    def criterion(self) -> Lines:
        """Return the line that makes torch's criterion; none where it is a function."""
        if not self.is_torchs:
            return []
        given = told(self._choice, self._entry.arguments)
        if given.get("reduction") == BATCHMEAN:
            given["reduction"] = "sum"
        lists = {name: value for name, value in given.items() if isinstance(value, tuple)}
        arguments = keywords({name: value for name, value in given.items() if name not in lists})
        arguments += [f"{name}={tensor(list(value))}" for name, value in lists.items()]
        moved = ").to(device)" if lists and self._experiment.device != "cpu" else ")"
        return call(f"criterion = nn.{self._choice.name}(", arguments, moved)

    def loss_lines(self, inputs: str, targets: str) -> Lines:
        """Return the lines that compute the loss of a batch."""
        shared = self.is_torchs and self._choice.arguments.get("reduction") == BATCHMEAN
        divided = f" / len({inputs})" if shared else ""
        lines = [CodeLine(f"loss = criterion(network({inputs}), {targets}){divided}", "loss")]
        for place, penalty in enumerate(self._experiment.penalties):
            lines += self._penalty(place, penalty)
        return lines

    def _function(self) -> Lines:
        entry, choice = self._entry, self._choice
        if entry.of_classes:
            raise SpecError("$.loss", f"PyTorch has no {choice.name}")
        tree = read(_AT_KINKS[choice.name]) if choice.name in _AT_KINKS else entry.tree(choice)
        numbers: dict[str, Expr] = {
            name: number(value) for name, value in argument_values(choice).items() if name not in self._entry.lists
        }
        numbers |= {name: number(constant.value) for name, constant in entry.constants.items()}
        tree = substituted(tree, numbers)

        def leaf(symbol: Symbol) -> Printed:
            value = choice.arguments.get(symbol.name)
            return Printed(f"torch.tensor({argument(value)})" if isinstance(value, tuple) else symbol.name)

        writer = TorchWriter(leaf)
        text = writer.text(tree) if symbols_of(tree) else writer.as_tensor(tree)
        if "o" not in symbols_of(tree):
            # Its slope is 0, and not a mistake.
            text = f"0*o + {text}"
        self.helper = writer.needs_by_case
        finish = {"mean": ".mean()", "sum": ".sum()", BATCHMEAN: ".sum() / len(o)"}[str(choice["reduction"])]
        whole = text if text.isidentifier() else f"({text})"
        return [*plain("def criterion(o, t):"), *indented(expression("return ", f"{whole}{finish}"))]

    def _penalty(self, place: int, penalty: PenaltySpec) -> Lines:
        entry, choice = PENALTIES[penalty.choice.name], penalty.choice
        numbers: dict[str, Expr] = {name: number(value) for name, value in argument_values(choice).items()}
        front, rest = in_front(substituted(entry.tree(choice), numbers))
        writer = TorchWriter(lambda symbol: Printed("w" if symbol.name == ELEMENT else symbol.name))
        factor = "" if front == ONE else f"{writer.text(front)}*"
        each = writer.text(rest)
        term = f"{each}.sum()" if each.endswith(")") and each.startswith("torch.") else f"({each}).sum()"
        self.helper = self.helper or writer.needs_by_case
        refs = matching(penalty.parameters, self._experiment.network.parameter_shapes())
        source = parameters_text(self._experiment, refs)
        return expression("loss = loss + ", f"{factor}sum({term} for w in {source})", mark=f"penalty.{place}")


def parameters_text(experiment: Experiment, wanted: Sequence[str]) -> str:
    """Return some of the parameters as an expression: all, all weights or biases of layers, or one by one."""
    codes, layers = parameter_code(experiment), experiment.network.layers
    if not experiment.network.formula:
        if list(codes) == list(wanted):
            return "network.parameters()"
        for name in ("weight", "bias"):
            if len(layers) > 1 and [f"layers.{i}.{name}" for i in range(len(layers))] == list(wanted):
                return f"[layer.{name} for layer in network.layers]"
    return f"[{', '.join(codes[ref] for ref in codes if ref in wanted)}]"
