"""What each system is told about the program and its files says the same everywhere."""

from __future__ import annotations

import ast
import configparser
import plistlib
import re
import shutil
import struct
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

import debian
import macos
import pictures
import windows
from chainrule import __version__
from chainrule.cli import _COMMANDS
from chainrule.resource_files import OPENING_EXAMPLE

ROOT = Path(__file__).resolve().parents[2]
MIME_TYPE = "application/x-chainrule-experiment+json"
FREEDESKTOP = "{http://www.freedesktop.org/standards/shared-mime-info}"


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `share` folder as the Debian package has it."""
    folder = tmp_path_factory.mktemp("share")
    debian.install_desktop_files(folder, __version__, date=0)
    return folder


def installed(program: str) -> str:
    """The path of a program, or a test that is skipped."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def desktop_entry() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(debian.LINUX / "chainrule.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def test_all_name_the_same_type_and_extension() -> None:
    entry = desktop_entry()
    mime = ElementTree.parse(debian.LINUX / "chainrule.xml").getroot().find(f"{FREEDESKTOP}mime-type")
    assert mime is not None
    glob = mime.find(f"{FREEDESKTOP}glob")
    assert glob is not None
    exported = macos.info_plist(__version__)["UTExportedTypeDeclarations"][0]["UTTypeTagSpecification"]
    installer = windows.RECIPE.read_text(encoding="utf-8")

    assert entry["MimeType"] == f"{MIME_TYPE};"
    assert entry["Exec"] == "chainrule %f"
    assert mime.get("type") == MIME_TYPE
    assert glob.get("pattern") == f"*{OPENING_EXAMPLE.suffix}"
    assert exported["public.mime-type"] == [MIME_TYPE]
    assert exported["public.filename-extension"] == [OPENING_EXAMPLE.suffix.lstrip(".")]
    assert f'"Software\\Classes\\{OPENING_EXAMPLE.suffix}"' in installer
    assert f'"{MIME_TYPE}"' in installer


def test_the_desktop_entry_is_valid() -> None:
    command = [installed("desktop-file-validate"), str(debian.LINUX / "chainrule.desktop")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_an_experiment_is_known_by_its_name_and_by_its_content(share: Path, tmp_path: Path) -> None:
    mime = share / "mime"
    subprocess.run([installed("update-mime-database"), str(mime)], check=True, capture_output=True)
    globs = (mime / "globs2").read_text(encoding="utf-8")
    rules = (mime / "magic").read_bytes()

    assert f":{MIME_TYPE}:*{OPENING_EXAMPLE.suffix}" in globs
    # The two matches of the magic rule: an opening brace, and the name of the format in the first lines.
    head = OPENING_EXAMPLE.read_bytes()[:87]
    assert head.startswith(b"{")
    assert b'"chainrule-experiment"' in head
    assert b'"chainrule-experiment"' in rules


def test_the_man_page_names_every_command_and_has_no_mistakes(tmp_path: Path) -> None:
    text = debian.manual_text(__version__, date=0)
    page = tmp_path / "chainrule.1"
    page.write_text(text, encoding="utf-8")

    for command in _COMMANDS:
        assert f"\n.B {command}\n" in text
    assert f'"1970-01-01" "chainrule {__version__}"' in text
    assert "@" not in text

    done = subprocess.run(
        [installed("man"), "--warnings", "--local-file", "--encoding=UTF-8", str(page)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_icons_have_their_sizes(share: Path) -> None:
    for size in pictures.HICOLOR_SIZES:
        picture = (share / f"icons/hicolor/{size}x{size}/apps/chainrule.png").read_bytes()
        assert struct.unpack(">II", picture[16:24]) == (size, size)


def test_a_windows_icon_points_to_each_picture() -> None:
    parts = {16: b"small", 256: b"large one"}

    icon = pictures.ico(parts)

    assert struct.unpack_from("<HHH", icon) == (0, 1, 2)
    for number, (size, picture) in enumerate(parts.items()):
        entry = struct.unpack_from("<BBBBHHII", icon, 6 + 16 * number)
        assert entry[0] == size % 256
        assert icon[entry[7] : entry[7] + entry[6]] == picture


def test_a_mac_icon_is_as_long_as_it_says() -> None:
    icon = pictures.icns({16: b"small", 1024: b"large"})

    assert struct.unpack_from(">4sI", icon) == (b"icns", len(icon))
    assert struct.unpack_from(">4sI", icon, 8) == (b"icp4", 13)
    assert struct.unpack_from(">4sI", icon, 8 + 13) == (b"ic10", 13)


def test_the_property_list_has_the_version_and_owns_the_type() -> None:
    read = plistlib.loads(plistlib.dumps(macos.info_plist("1.2.3")))

    assert read["CFBundleVersion"] == "1.2.3"
    assert read["CFBundleDocumentTypes"][0]["LSItemContentTypes"] == [
        read["UTExportedTypeDeclarations"][0]["UTTypeIdentifier"]
    ]


@pytest.mark.parametrize(("version", "numbers"), [("0.1.0", (0, 1, 0, 0)), ("2.3.4.5", (2, 3, 4, 5))])
def test_the_version_resource_is_an_expression_with_four_numbers(version: str, numbers: tuple[int, ...]) -> None:
    tree = ast.parse(windows.version_resource(version), mode="eval")

    found = {word.arg: ast.literal_eval(word.value) for word in ast.walk(tree) if _is_version_field(word)}
    assert found == {"filevers": numbers, "prodvers": numbers}
    assert windows.version_resource(version).count(f'"{version}"') == 2


def _is_version_field(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg in ("filevers", "prodvers")


def test_the_package_depends_on_the_newest_glibc_that_is_asked_for() -> None:
    headers = ["  0x1 0x00 02 GLIBC_2.9\n  GLIBC_2.34\n", "GLIBC_2.4\nGLIBC_PRIVATE\nGLIBCXX_3.4.30\n"]

    assert debian.newest_glibc(headers) == "2.34"


def test_the_control_file_has_no_empty_line_and_what_dpkg_demands() -> None:
    text = debian.control_text("1.2.3", "amd64", "libc6 (>= 2.35)", 500_000)

    assert re.search(r"\n\s*\n", text) is None
    for field in ("Package: chainrule", "Version: 1.2.3", "Architecture: amd64", "Depends: libc6 (>= 2.35)"):
        assert f"{field}\n" in text
    assert re.search(r"^Maintainer: .+ <.+>$", text, re.MULTILINE)


def test_make_builds_it_and_cleans_it_away() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert re.search(r"^dist: .*\n\t.*resources/packaging/build\.py$", makefile, re.MULTILINE)
    assert re.search(r"^clean: .*\n\trm -rf .*\bbuild dist\b", makefile, re.MULTILINE)
