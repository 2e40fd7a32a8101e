"""The modules of the build lie beside its recipe, and import each other by their own names."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[2] / "resources" / "packaging"

sys.path.append(str(PACKAGING))
