"""What there is in the source under a name: modules, their functions and classes, and the members of these."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "chainrule"


class Names:
    """Every name that a module, a class or a function of the source defines."""

    def __init__(self) -> None:
        self.modules: dict[str, set[str]] = {}
        self.members: dict[str, set[str]] = defaultdict(set)
        self.bases: dict[str, set[str]] = defaultdict(set)
        # By their ids.
        self.actions: set[str] = set()
        # The text of each file, and the files that define a name, or a class with such a member.
        self.texts: dict[str, str] = {}
        self.files: dict[str, set[str]] = defaultdict(set)
        for path in SOURCE.rglob("*.py"):
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            self.modules[dotted] = set(self._defined(tree))
            file = path.relative_to(SOURCE).as_posix()
            self.texts[file] = path.read_text(encoding="utf-8")
            of_classes = (set(self._defined(each)) for each in ast.walk(tree) if isinstance(each, ast.ClassDef))
            imports = (each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom))
            imported = {alias.asname or alias.name for each in imports for alias in each.names}
            for name in self.modules[dotted].union(*of_classes) - imported:
                self.files[name].add(file)
            self.actions |= set(self._actions(tree))
        self.all = {name for names in self.modules.values() for name in names}
        self.all |= {name for names in self.members.values() for name in names}
        self.all |= {part for dotted in self.modules for part in dotted.split(".")}

    def _defined(self, node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                yield child.name
                self.members[child.name].update(self._defined(child))
                self.bases[child.name].update(each.id for each in child.bases if isinstance(each, ast.Name))
            elif isinstance(child, ast.FunctionDef):
                yield child.name
                # What a method sets is a member as well.
                yield from (
                    each.attr
                    for each in ast.walk(child)
                    if isinstance(each, ast.Attribute)
                    and isinstance(each.ctx, ast.Store)
                    and isinstance(each.value, ast.Name)
                    and each.value.id == "self"
                )
            elif isinstance(child, ast.AnnAssign | ast.Assign):
                targets = child.targets if isinstance(child, ast.Assign) else [child.target]
                yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
            elif isinstance(child, ast.If | ast.Import | ast.ImportFrom):
                if isinstance(child, ast.If):
                    yield from self._defined(child)
                else:
                    yield from ((alias.asname or alias.name) for alias in child.names)

    def _actions(self, tree: ast.AST) -> Iterator[str]:
        for call in ast.walk(tree):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id == "Action"
                and call.args
            ):
                identifier = call.args[0]
                if isinstance(identifier, ast.Constant):
                    yield str(identifier.value)

    def members_of(self, name: str) -> set[str]:
        """The members of a class, inherited ones of ours included."""
        found = set(self.members[name])
        for base in self.bases[name]:
            found |= self.members_of(base) if base in self.members else set()
        return found

    def has(self, dotted: str) -> bool:
        """Whether there is a module, a name in a module, a member of a class, or an action, by that name."""
        if dotted in self.actions:
            return True
        first, _, rest = dotted.partition(".")
        if not rest:
            return first in self.all
        if first in self.members:
            return rest in self.members_of(first)
        module, _, name = dotted.rpartition(".")
        return any(
            known == dotted
            or known.endswith(f".{dotted}")
            or ((known == module or known.endswith(f".{module}")) and name in names)
            for known, names in self.modules.items()
        )


@cache
def names() -> Names:
    """The names of the source as it is."""
    return Names()
