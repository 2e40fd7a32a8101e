"""An import that is being put together: a source, how it is read, and the plan; each change gives another draft."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.model.editing.edits import Edit
from chainrule.model.files.disk import exhaust
from chainrule.model.importing.applying import appending_data, check_appended, import_in_words, replacing_data
from chainrule.model.importing.making import making_data
from chainrule.model.importing.outline import ImportOutline, outline_of
from chainrule.model.importing.plan import ImportPlan, Use, guessed_plan, with_target_kind
from chainrule.model.importing.reading import ReadTable, TableSource, reading_source
from chainrule.model.importing.table import ColumnTable, Tell, tell_nobody
from chainrule.model.importing.text_tables import TextFormat


@dataclass(frozen=True, slots=True)
class ImportDraft:
    """What is known so far; `SpecError` tells of what cannot be read, or made."""

    source: TableSource
    read: ReadTable
    plan: ImportPlan

    @classmethod
    def of(cls, source: TableSource) -> ImportDraft:
        """Return the draft with all that is found and guessed."""
        return exhaust(cls.making(source))

    @classmethod
    def making(cls, source: TableSource, tell: Tell = tell_nobody) -> Generator[None, None, ImportDraft]:
        """Make the draft with all that is found and guessed, in pieces."""
        read = yield from reading_source(source, tell=tell)
        return cls(source, read, guessed_plan(read.table))

    @property
    def table(self) -> ColumnTable:
        """The table as it is read now."""
        return self.read.table

    @property
    def title(self) -> str:
        """What an experiment on it is called: the file without its suffix; empty of what was pasted."""
        return self.source.name.rpartition(".")[0]

    def reading_as(
        self, text_format: TextFormat, sheet: str | None = None, tell: Tell = tell_nobody
    ) -> Generator[None, None, ImportDraft]:
        """Make the draft with the source read in another way, in pieces; other columns get another plan."""
        read = yield from reading_source(self.source, text_format, sheet=sheet, header=text_format.header, tell=tell)
        kinds = [[column.kind for column in each.columns] for each in (self.table, read.table)]
        plan = self.plan if kinds[0] == kinds[1] else guessed_plan(read.table)
        return replace(self, read=read, plan=plan)

    def with_plan(self, plan: ImportPlan) -> ImportDraft:
        """Return the draft with another plan."""
        return replace(self, plan=plan)

    def with_use(self, place: int, use: Use) -> ImportDraft:
        """Return the draft with another use of a column; other targets are looked at anew."""
        plan = self.plan.with_use(place, use)
        changed = plan.places(Use.TARGET) != self.plan.places(Use.TARGET)
        return replace(self, plan=with_target_kind(self.table, plan) if changed else plan)

    def outline(self, experiment: Experiment, *, append: bool = False) -> ImportOutline:
        """Return what would be put into an experiment, in place of its own data or beside them."""
        plan = replace(self.plan, append=append)
        if append:
            return outline_of(self.table, plan, experiment.data.names, partial(check_appended, experiment))
        return outline_of(self.table, plan)

    def edit(self, experiment: Experiment, *, append: bool = False) -> Edit:
        """Return the edit that does it."""
        return exhaust(self.making_edit(experiment, append=append))

    def making_edit(
        self, experiment: Experiment, tell: Tell = tell_nobody, *, append: bool = False
    ) -> Generator[None, None, Edit]:
        """Make the edit that does it, in pieces."""
        outline = self.outline(experiment, append=append)
        found = yield from making_data(outline, replace(self.plan, append=append), tell)
        return appending_data(found) if append else replacing_data(found, self.title)

    def in_words(self, experiment: Experiment) -> str:
        """Return what replacing the data will do, in a sentence with numbers."""
        return import_in_words(self.outline(experiment), experiment, append=False)

    @property
    def found_in_words(self) -> str:
        """What was found: how many rows and columns there are."""
        return f"{self.source.name}: {plural(self.table.rows, 'row')}, {plural(len(self.table.columns), 'column')}"
