"""The experiment as a PyTorch script, with the file of its numbers beside it where there are many."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import SpecError, one_line
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.row_tensors import RowTensors
from chainrule.explain.code.writing.losses import has_class_targets
from chainrule.explain.code.writing.script import numbers_beside, pytorch_script


def script_files(experiment: Experiment, out: Path) -> Mapping[Path, Iterable[bytes]]:
    """Return what is to be written for a script: the numbers that it reads, `OUT.pt`, where there are many; and OUT.

    Raises `SpecError` where OUT itself has that name, or PyTorch has not all that the experiment asks for.
    """
    script = pytorch_script(experiment)
    text = [script.text.encode("utf-8")]
    if not script.reads_file:
        return {out: text}
    beside = out.with_suffix(".pt")
    if beside == out:
        raise SpecError(one_line(str(out)), "its numbers are to be in a file of this name; call the script .py")
    return {beside: [numbers_file(experiment)], out: text}


def numbers_file(experiment: Experiment) -> bytes:
    """Return the file that a script reads its numbers from, as `torch.save` writes it."""
    dtype, rows = torch_dtype(experiment), RowTensors()
    data = [rows.of(each, dtype, "cpu").tensor for each in (experiment.data.inputs, experiment.data.targets)]
    values = dict(zip(("inputs", "targets"), data, strict=True))
    if has_class_targets(experiment):
        values["targets"] = values["targets"].squeeze(1).long()
    values |= {name: torch.tensor(given, dtype=dtype) for name, given in numbers_beside(experiment).items()}
    return saved_by_torch(values)


def saved_by_torch(found: object) -> bytes:
    """Return what `torch.save` writes."""
    data = io.BytesIO()
    torch.save(found, data)
    return data.getvalue()
