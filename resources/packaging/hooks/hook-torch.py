"""What PyInstaller collects of torch; it replaces the hook of pyinstaller-hooks-contrib, which takes everything twice.

No data at all: torch's headers, its tests and CMake files (100 MB) and its tests in C++ (50 MB) are of no use here.
Modules go into the archive as bytecode. Some call inspect.getsource when they are imported: those have their source
beside it; what asks for more lies in files of its own. Everything that is imported by an import statement is found
without being named here.
"""

from pathlib import Path

from PyInstaller.utils.hooks import PY_DYLIB_PATTERNS, collect_dynamic_libs, collect_submodules, get_package_paths

from contents import AS_FILES

_WITH_SOURCE = (
    "torch._functorch.config",
    "torch._export.config",
    "torch.fx.experimental._config",
    "torch.distributed.config",
    "torch._dynamo.config",
    "torch.compiler.config",
    "torch.utils.serialization.config",
    "torch._inductor.config",
    "torch._inductor.config_comms",
    "torch.functional",
    "torch.nn.functional",
    "torch.nn.modules.rnn",
    "torch._jit_internal",
    "torch.distributed.optim",
    "torch.utils.mkldnn",
    "torch.distributions.von_mises",
    "torch.utils._config_module",
    "torch._sources",
    "torch.jit",
    "torch.ao.nn",
)

module_collection_mode = {
    "torch": "pyz",
    **dict.fromkeys(_WITH_SOURCE, "pyz+py"),
    **dict.fromkeys(AS_FILES, "py"),
}
warn_on_missing_hiddenimports = False

# torch._dynamo imports these by name.
hiddenimports = collect_submodules("torch._dynamo.polyfills")

binaries = collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"])
# torch looks for this program when it is imported, on Linux and macOS.
_manager = Path(get_package_paths("torch")[1], "bin", "torch_shm_manager")
binaries += [(str(_manager), "torch/bin")] if _manager.exists() else []

# torch finds its libraries by its own path, and links at the top would be loaded a second time.
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
