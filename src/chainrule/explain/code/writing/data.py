"""The data in code: its rows, which of them are held back for the test, and the batches that an epoch takes.

`inputs = torch.tensor([...])` and `targets = ...`; where rows are held back, `test_inputs` and `test_targets`. Batches
come from a generator `batches(iteration)`, each epoch in an order drawn by a `torch.Generator` of its own.
"""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.data_names import DataColumn
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import one_line
from chainrule.explain.code.writing.lines import WIDTH, Lines, indented, plain
from chainrule.explain.code.writing.literals import tensor
from chainrule.explain.code.writing.losses import has_class_targets

# Of names, so many lines are written out.
MOST_ROWS = 12


def data_numbers(experiment: Experiment) -> dict[str, Any]:
    """Return inputs and targets as the script has them, as nested lists; classes are whole numbers."""
    data = experiment.data
    targets: list[Any] = [list(row) for row in data.targets]
    if has_class_targets(experiment):
        targets = [int(row[0]) for row in targets]
    return {"inputs": [list(row) for row in data.inputs], "targets": targets}


def row_lines(experiment: Experiment, stored: bool) -> Lines:
    """Return the lines that give the script its data; `stored` data are read from the file beside it."""
    moved = ".to(device)" if experiment.device != "cpu" else ""
    lines = _names(experiment)
    for name, numbers in ({} if stored else data_numbers(experiment)).items():
        lines += plain(*tensor(numbers, f"{name} = torch.tensor(", f"){moved}").split("\n"))
    if stored:
        lines += plain(*(f'{name} = values["{name}"]' for name in ("inputs", "targets")))
    return [*lines, *_split_lines(experiment)]


def _names(experiment: Experiment) -> Lines:
    """Return what columns and classes are called, as comments."""
    names, told = experiment.data.names, {}
    told["Inputs"] = [_column(column) for column in names.inputs]
    told["Targets"] = [_column(column) for column in names.targets]
    told["Classes"] = [f"{place} {name}" for place, name in enumerate(names.classes)]
    lines: Lines = []
    for what, each in told.items():
        if any(each):
            rows = wrap(f"{what}: {', '.join(one_line(name or '-') for name in each)}", WIDTH - 2)
            lines += plain(*(f"# {row}" for row in rows[:MOST_ROWS]), *["# ..."] * (len(rows) > MOST_ROWS))
    return lines


def _column(column: DataColumn) -> str:
    if column.mean is None or column.std is None:
        return column.name
    return f"({column.name or 'x'} - {column.mean:.6g})/{column.std:.6g}"


def _split_lines(experiment: Experiment) -> Lines:
    data = experiment.data
    if not data.test_rows:
        return []
    kept, held = data.training_rows, data.test_rows
    if not data.shuffle:
        return plain(
            "# The last rows are held back for the test.",
            f"test_inputs, test_targets = inputs[-{held}:], targets[-{held}:]",
            f"inputs, targets = inputs[:-{held}], targets[:-{held}]",
        )
    seed = (data.seed * 1_000_003 - 1) % 2**64
    return plain(
        "# Some rows, drawn once, are held back for the test.",
        f"rows = torch.randperm(len(inputs), generator=torch.Generator().manual_seed({seed}))",
        f"training, test = rows[:{kept}].sort().values, rows[{kept}:].sort().values",
        "test_inputs, test_targets = inputs[test], targets[test]",
        "inputs, targets = inputs[training], targets[training]",
    )


def needs_batches(experiment: Experiment) -> bool:
    """Return whether an iteration takes anything but all training rows in their order."""
    return batches_per_epoch(experiment.data) > 1 or experiment.data.shuffle


def batch_lines(experiment: Experiment) -> Lines:
    """Return the generator of batches, where there are any."""
    data = experiment.data
    if not needs_batches(experiment):
        return []
    size, begun = data.batch_size or data.training_rows, experiment.first_iteration
    first, skipped = divmod(begun, batches_per_epoch(data))
    if data.shuffle:
        order = plain(
            "# Each epoch has an order of its own.",
            f"generator = torch.Generator().manual_seed({_seed(data.seed)})",
            "rows = torch.randperm(len(inputs), generator=generator)",
        )
    else:
        order = plain("rows = torch.arange(len(inputs))")
    begin = [f"epoch, first = {first}, {skipped}"] if skipped else [f"epoch = {first}"]
    which = f"rows.split({size})" + ("[first:]" if skipped else "")
    after = ["epoch, first = epoch + 1, 0"] if skipped else ["epoch += 1"]
    return [
        *plain("def batches():"),
        *indented(plain(*begin, "while True:")),
        *indented(order, 2),
        *indented(plain(f"for batch in {which}:", "    yield inputs[batch], targets[batch]", *after), 2),
    ]


def _seed(seed: int) -> str:
    """Return the seed of an epoch's order, as `Batches` has it."""
    base = seed * 1_000_003
    if not base:
        return "epoch"
    # The remainder keeps every seed within the 64 bits that a generator takes.
    return f"{base} + epoch" if base < 2**63 else f"({base} + epoch) % 2**64"
