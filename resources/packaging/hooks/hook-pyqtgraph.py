"""What PyInstaller collects of pyqtgraph besides its modules: the icons of its menus.

It replaces the hook of pyinstaller-hooks-contrib, which imports every module of the package to list them, and takes
the colour maps and the examples along.
"""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("pyqtgraph", subdir="icons")
excludedimports = ["PyQt5", "PyQt6", "PySide2"]
