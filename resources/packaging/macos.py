"""macOS: what the system is told about the program and its files, and the disk image that it comes in."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

IDENTIFIER = "io.github.chainrule.Chainrule"
CONTENT_TYPE = "io.github.chainrule.experiment"


def info_plist(version: str) -> dict[str, Any]:
    """Return what PyInstaller adds to Info.plist: the document type `.chainrule`, declared and owned."""
    return {
        "CFBundleDisplayName": "Chainrule",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSApplicationCategoryType": "public.app-category.education",
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,  # dark where the system is
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Chainrule experiment",
                "CFBundleTypeRole": "Editor",
                "CFBundleTypeIconFile": "chainrule.icns",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [CONTENT_TYPE],
            }
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": CONTENT_TYPE,
                "UTTypeDescription": "Chainrule experiment",
                "UTTypeIconFile": "chainrule.icns",
                "UTTypeConformsTo": ["public.json"],
                "UTTypeTagSpecification": {
                    "public.filename-extension": ["chainrule"],
                    "public.mime-type": ["application/x-chainrule-experiment+json"],
                },
            }
        ],
    }


def make_image(application: Path, target: Path) -> Path:
    """Write a disk image with the application in it, compressed as far as macOS 10.15 and later can read."""
    command = ["hdiutil", "create", "-ov", "-format", "ULMO", "-volname", "Chainrule", "-srcfolder", str(application)]
    subprocess.run([*command, str(target)], check=True)
    return target
