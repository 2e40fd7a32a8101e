"""Windows: the version resource of the executable, and the installer that gives `.chainrule` files to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

RECIPE = Path(__file__).resolve().parent / "windows" / "chainrule.iss"

# Its installer puts it on nobody's path.
INNO_SETUP = r"C:\Program Files (x86)\Inno Setup 6"

# The format of PyInstaller's `version` option: an expression of the classes in PyInstaller.utils.win32.versioninfo.
_VERSION = """\
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1),
  kids=[
    StringFileInfo([StringTable("040904B0", [
      StringStruct("CompanyName", "The Chainrule authors"),
      StringStruct("FileDescription", "Chainrule"),
      StringStruct("FileVersion", "{version}"),
      StringStruct("InternalName", "chainrule"),
      StringStruct("LegalCopyright", "MIT licence"),
      StringStruct("OriginalFilename", "chainrule.exe"),
      StringStruct("ProductName", "Chainrule"),
      StringStruct("ProductVersion", "{version}"),
    ])]),
    VarFileInfo([VarStruct("Translation", [0x0409, 1200])]),
  ],
)
"""


def version_resource(version: str) -> str:
    """Return the version resource, as PyInstaller reads it; four numbers, whatever the version has."""
    numbers = tuple(int(part) for part in version.split(".")[:4])
    return _VERSION.format(numbers=numbers + (0,) * (4 - len(numbers)), version=version)


def make_installer(bundle: Path, target: Path, version: str) -> Path | None:
    """Run Inno Setup's compiler on the recipe, where it is installed; returns the installer."""
    compiler = shutil.which("iscc", path=os.pathsep.join([os.environ["PATH"], INNO_SETUP]))
    if compiler is None:
        return None
    defines = {"Version": version, "Bundle": bundle, "Name": target.stem, "Target": target.parent}
    subprocess.run([compiler, "/Qp", *(f"/D{key}={value}" for key, value in defines.items()), str(RECIPE)], check=True)
    return target
