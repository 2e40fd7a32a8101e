"""Where the files that come with the program lie: in the installed package, or beside `src` in a checkout."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent

# The order of the start menu; the first one opens at start.
_EXAMPLES = (
    "simple-nn-2-2-1",
    "simple-nn-torch-initialization",
    "single-neuron",
    "two-layer-scalar",
    "cs231n-sigmoid-neuron",
    "karpathy-tanh-neuron",
    "nielsen-saturated-neuron",
    "mazur-2-2-2",
    "three-classes",
    "seven-segment-digits",
    "cs231n-circuit",
    "cs231n-sigmoid-circuit",
    "cs231n-max-circuit",
    "parabola-momentum",
    "rosenbrock",
)


def resources_directory() -> Path:
    """Return the folder with experiments, fonts and icons."""
    packaged = _HERE / "resources"
    return packaged if packaged.is_dir() else _HERE.parents[1] / "resources"


def missing_resources() -> Path | None:
    """Return the first of the folders whose files the window cannot do without and which are not there.

    None where all are.
    """
    folder = resources_directory()
    needed = {folder / "experiments": OPENING_EXAMPLE.name, folder / "fonts": "*.ttf", folder / "icons": "*.svg"}
    return next((place for place, files in needed.items() if not any(place.glob(files))), None)


def example_paths() -> tuple[Path, ...]:
    """Return the experiments that come with the program, in menu order."""
    folder = resources_directory() / "experiments"
    return tuple(folder / f"{name}.chainrule" for name in _EXAMPLES)


OPENING_EXAMPLE = example_paths()[0]
