"""What the standalone program leaves behind of the packages that it is made of, and why.

Each entry was measured and tried. A test holds the modules against those that the program really loads, and
`make dist-test` runs the bundle that was made without them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Modules, or files of the bundle by pattern, and the reason why nothing misses them."""

    names: tuple[str, ...]
    why: str


# Modules of PySide6 in whose place a few lines of our own go into the bundle, from the folder `stand_ins`.
STAND_INS = ("QtOpenGL", "QtOpenGLWidgets")

MODULES = (
    LeftOut(("networkx", "jinja2", "fsspec", "filelock"), "torch asks for them when it is installed, not here"),
    LeftOut(("packaging", "setuptools", "pkg_resources", "pip", "distutils", "wheel"), "they build packages"),
    LeftOut(("torch.onnx", "functorch", "torch.contrib"), "other formats and older names of torch's own"),
    LeftOut(
        ("torch.utils.tensorboard", "torch.utils.benchmark", "torch.utils.bottleneck", "torch.utils.hipify"),
        "tools for developers of torch programs",
    ),
    LeftOut(
        ("torch.ao.pruning", "torch.ao.ns", "torch.ao.quantization.fx"), "quantization and pruning: no table has it"
    ),
    LeftOut(
        (
            "torch._inductor.codegen",
            "torch._inductor.compile_fx",
            "torch._inductor.fx_passes",
            "torch._inductor.graph",
            "torch._inductor.ir",
            "torch._inductor.kernel",
            "torch._inductor.lowering",
            "torch._inductor.runtime.triton_heuristics",
            "torch._inductor.scheduler",
            "torch._inductor.select_algorithm",
            "torch._inductor.template_heuristics",
            "torch._vendor.quack",
            "torch.sparse._triton_ops_meta",
        ),
        "the compiler of torch.compile, which needs a C++ compiler or Triton; what torch.optim imports of it stays",
    ),
    LeftOut(
        ("torch.distributed.checkpoint", "torch.distributed.elastic", "torch.distributed._tools"),
        "training on many machines; what torch.optim imports of torch.distributed stays, rpc too",
    ),
    LeftOut(("torch._export.serde", "torch.utils.cpp_extension"), "models and operators as files of their own"),
    LeftOut(("sympy.physics", "sympy.categories", "sympy.vector"), "torch asks sympy for algebra alone"),
    LeftOut(
        (
            "torch.testing._internal.common_cuda",
            "torch.testing._internal.common_device_type",
            "torch.testing._internal.common_methods_invocations",
            "torch.testing._internal.common_modules",
            "torch.testing._internal.common_utils",
            "torch.testing._internal.opinfo",
        ),
        "torch's own test suite; what torch imports of it stays",
    ),
    LeftOut(("ssl", "_ssl", "sqlite3", "tkinter", "_tkinter"), "no network, no database; the window is Qt's"),
    LeftOut(("_hashlib",), "hashlib does without it, and OpenSSL's libcrypto (5 MB) stays behind as well"),
    LeftOut(("PySide6.QtNetwork",), "Qt's hooks take it; Kerberos comes with it"),
    LeftOut(tuple(f"PySide6.{name}" for name in STAND_INS), "pyqtgraph asks for them; stand_ins has all that it uses"),
    LeftOut(("readline",), "no prompt; its licence is the GPL"),
    LeftOut(
        ("pyqtgraph.examples", "pyqtgraph.opengl", "pyqtgraph.flowchart", "pyqtgraph.jupyter", "pyqtgraph.console"),
        "parts of pyqtgraph that plots in two dimensions do without",
    ),
    LeftOut(
        ("scipy", "matplotlib", "pandas", "IPython", "numba", "cupy", "h5py", "OpenGL"),
        "pyqtgraph and torch use them where they are installed; this program does not ask for them",
    ),
    LeftOut(
        ("PIL._avif", "PIL._webp", "PIL._imagingcms", "PIL._imagingft", "PIL._imagingtk", "PIL.ImageTk"),
        "Pillow writes GIF here: other formats, colour profiles and letters (10 MB of libraries) stay behind",
    ),
    LeftOut(("pytest", "_pytest", "hypothesis", "numpy.f2py", "lib2to3", "pydoc_data", "idlelib"), "for developers"),
    LeftOut(
        ("rich", "pygments", "markdown_it", "mdurl", "py"),
        "colours in a terminal, where developers' tools brought them",
    ),
)

FILES = (
    LeftOut(
        (
            "torch/lib/libtorchbind_test*",
            "torch/lib/libjitbackend_test*",
            "torch/lib/libbackend_with_compiler*",
            "torch/lib/libaoti_custom_ops*",
        ),
        "libraries of torch's own tests",
    ),
    LeftOut(("numpy/_core/_*_tests.*",), "NumPy's tests"),
    LeftOut(("pyqtgraph/icons/peegee/*",), "pyqtgraph's own logo"),
    LeftOut(("*.dist-info/licenses/*",), "in THIRD-PARTY.txt, with all other licences"),
    LeftOut(("PySide6/Qt/translations/*", "PySide6/translations/*"), "Qt's words; the program speaks English"),
    LeftOut(("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED"), "for pip to uninstall"),
)

# Of Qt's plugins these stay; by far the most are for other kinds of programs. PyInstaller takes the libraries of a
# plugin along, so that this list keeps out GTK (38 MB), Qt Quick, the virtual keyboard and the PDF reader as well.
QT_PLUGINS_KEPT = (
    "platforms/*qxcb*",
    "platforms/*qwayland*",
    "platforms/*qoffscreen*",
    "platforms/*qminimal.*",
    "platforms/*qwindows*",
    "platforms/*qcocoa*",
    "xcbglintegrations/*",
    "wayland-shell-integration/*xdg-shell*",
    "wayland-decoration-client/*bradient*",
    "wayland-graphics-integration-client/*",
    # Keys that are composed of two, and the input methods of Chinese, Japanese and Korean.
    "platforminputcontexts/*compose*",
    "platforminputcontexts/*ibus*",
    # File dialogs of the desktop, where a portal offers them.
    "platformthemes/*xdgdesktopportal*",
    "styles/*",
    "iconengines/*qsvg*",
    "imageformats/*qsvg*",
    "imageformats/*qjpeg*",
    "imageformats/*qico*",
    "imageformats/*qicns*",
)


def module_names() -> tuple[str, ...]:
    """Return all modules that stay behind, for PyInstaller's `excludes`; what lies below one stays behind with it."""
    return tuple(name for entry in MODULES for name in entry.names)


def file_patterns() -> tuple[str, ...]:
    """Return patterns of the files that stay behind, as paths in the bundle with forward slashes."""
    return tuple(pattern for entry in FILES for pattern in entry.names)
