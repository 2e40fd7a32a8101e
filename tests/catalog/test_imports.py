"""What importing the engine loads, seen in a fresh interpreter."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import chainrule.catalog

# What stands beside the layers: texts are looked up in the language's.
BESIDE = {"translation", "resource_files"}
TRACE = """
import chainrule.engine.machine.check
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.engine.trace import Executor
experiment = Experiment(NetworkSpec(1, (LayerSpec(1),)), DataSpec(((1.0,),), ((2.0,),)))
next(Executor(chainrule.engine.machine.check.check_experiment(experiment)).iterations())
import chainrule.engine.referee.verify
"""


def loaded_by(program: str, after: str = "") -> set[str]:
    """The modules that a program loads in a fresh interpreter, beyond those that `after` has loaded."""
    lines = [
        # An inherited sys.path finds the package whether it is installed or not.
        f"import json, sys; sys.path[:] = {sys.path!r}",
        after,
        "before = set(sys.modules)",
        program,
        "print(json.dumps(sorted(set(sys.modules) - before)))",
    ]
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return set(json.loads(done.stdout))


def packages(modules: set[str]) -> set[str]:
    """The first names of modules."""
    return {name.partition(".")[0] for name in modules}


def test_specs_load_no_torch() -> None:
    loaded = loaded_by(
        "import chainrule.catalog.experiment.spec, chainrule.catalog.values.refs, chainrule.engine.program.steps"
    )
    assert packages(loaded) <= {"chainrule"} | sys.stdlib_module_names


def test_the_catalogue_loads_the_standard_library_alone() -> None:
    """The window, the commands and the files ask it before torch is there."""
    names = [module.name for module in pkgutil.walk_packages(chainrule.catalog.__path__, "chainrule.catalog.")]
    assert {"chainrule.catalog.experiment.check", "chainrule.catalog.optimizers.adam"} <= set(names)
    loaded = loaded_by(f"import {', '.join(names)}")
    assert packages(loaded) <= {"chainrule"} | sys.stdlib_module_names
    ours = {name.split(".")[1] for name in loaded if name.startswith("chainrule.")}
    assert ours == {"catalog", "formula", *BESIDE}


def test_a_trace_loads_torch_and_nothing_else() -> None:
    """`torch.optim` would load torch._dynamo too, with its first optimizer: 0.8 s for the referee alone."""
    loaded = loaded_by(TRACE, after="import torch")
    assert "chainrule.engine.trace" in loaded
    assert packages(loaded) <= {"chainrule", "torch"} | sys.stdlib_module_names
    assert not loaded & {"torch._dynamo", "torch._inductor"}
    ours = {name.split(".")[1] for name in loaded if name.startswith("chainrule.")}
    assert ours == {"engine", "catalog", "formula", *BESIDE}
