"""What torch keeps to itself is used in one module alone: a new version of torch can break nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule

FOLDER = Path(chainrule.__file__).parent
ALLOWED = Path("engine/plan/torch_private.py")
# The session loads what is slow to import of torch.optim in time: that module's name is all that it knows of it.
LOADED_EARLY = "torch._dynamo"


def private_names(source: str) -> Iterator[str]:
    """Private names of torch's in a module's code: imported, reached from `torch`, or of an operator or a graph."""
    aliases = {"torch"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            aliases |= {n.asname for n in node.names if n.asname and n.name.split(".")[0] == "torch"}
    aliases |= {
        target.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign) and ast.unparse(node.value).split(".")[0] == "torch"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (n.name for n in node.names if is_private(n.name))
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f for n in node.names if is_private(f := f"{node.module}.{n.name}"))
        elif isinstance(node, ast.Attribute):
            path = ast.unparse(node).split(".")
            if path[0] in aliases and any(map(_is_own, path[1:])):
                yield ".".join(path)
            elif node.attr in ("_schema", "_dispatch_mode") or node.attr.startswith(("_foreach", "_fused")):
                yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and is_private(node.value):
            yield node.value


def _is_own(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_private(path: str) -> bool:
    """Whether a dotted path is one of torch's with a private part."""
    first, *others = path.split(".")
    return first == "torch" and any(map(_is_own, others))


def test_torchs_private_names_are_in_one_module() -> None:
    found = {
        (path.relative_to(FOLDER), name)
        for path in FOLDER.rglob("*.py")
        for name in private_names(path.read_text(encoding="utf-8"))
    }
    assert {name for path, name in found if path == ALLOWED}
    others = {(path, name) for path, name in found if path != ALLOWED}
    assert {(path, name) for path, name in others if (path.parts[0], name) != ("session", LOADED_EARLY)} == set()


@pytest.mark.parametrize(
    "source",
    [
        "import torch._C",
        "from torch.jit._fuser import optimized_execution",
        "from torch.utils import _python_dispatch",
        "import torch\ntorch._C._nn.gelu",
        "import torch as t\nt._foreach_add_([], [])",
        "import torch\naten = torch.ops.aten\naten._to_copy.default",
        "import torch\ntorch.optim.adam._fused_adam",
        "operator._schema.returns",
        "load('torch._dynamo')",
    ],
)
def test_private_names_are_found(source: str) -> None:
    assert list(private_names(source))


@pytest.mark.parametrize("source", ["import torch\ntorch.add", "self._torch._run()", "import torch\ntorch.__version__"])
def test_what_is_no_private_name_of_torchs_is_left_alone(source: str) -> None:
    assert not list(private_names(source))
