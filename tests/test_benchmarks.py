"""What `make bench` and `make bench-compare` make of figures; none is measured here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks import bench_peers, compare
from tests.benchmarks.parts import record, registry, timing
from tests.benchmarks.parts.machine import THREAD_VARIABLES, Commit, Machine, this_commit, this_machine
from tests.benchmarks.parts.record import Record
from tests.benchmarks.parts.table import Row, cells, figure, table
from tests.benchmarks.parts.timing import Sample, race, repeat

MACHINE = Machine("a processor", 2, 2, "Linux", "3.11.7", {"torch": "2.13.0"})
COMMIT = Commit("0.1.0", "59b870c89970", dirty=False, date="2026-01-02T03:04:05+00:00")


def row(name: str, measured: float, limit: float | None = 10.0, *, at_least: bool = False, spread: float = 0.0) -> Row:
    """A row of the group "window"."""
    low, high = measured * (1 - spread), measured * (1 + spread)
    return Row(name, measured, limit, "ms", f"window/{name}", "window", at_least, "12 and 34 us", low, high)


def run_of(*rows: Row, failed: tuple[str, ...] = (), machine: Machine = MACHINE) -> Record:
    """A run with these rows."""
    return Record(machine, COMMIT, rows, dict.fromkeys((*(row.group for row in rows), *failed), 1.5), failed)


# ------------------------------------------------------------------------------------------------------- the groups


def test_every_module_is_a_group_with_rows() -> None:
    files = Path(registry.__file__).parents[1].glob("bench_*.py")
    assert set(registry.groups()) == {path.stem.removeprefix("bench_") for path in files}
    assert {"engine", "memory", "optimizers", "peers", "plan", "run", "window"} <= set(registry.groups())
    for group in registry.groups():
        assert callable(import_module(f"tests.benchmarks.bench_{group}").rows)


def test_a_row_gets_its_group_before_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row("Key press to paint, 2-2-1", 12.0, 33.0, "ms"), Row("Other", 1.0, None, "ms", id="kept")]
    monkeypatch.setattr(registry, "import_module", lambda name: SimpleNamespace(rows=lambda: iter(rows)))
    found = registry.measure("window")
    assert [(row.group, row.id) for row in found] == [
        ("window", "window/key-press-to-paint-2-2-1"),
        ("window", "window/kept"),
    ]


def test_two_rows_of_one_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row("a b", 1.0, None, "ms"), Row("a, b", 2.0, None, "ms")]
    monkeypatch.setattr(registry, "import_module", lambda name: SimpleNamespace(rows=lambda: rows))
    with pytest.raises(ValueError, match="two rows have the id window/a-b"):
        registry.measure("window")


# --------------------------------------------------------------------------------------------------- rows, the table


@pytest.mark.parametrize(
    ("measured", "limit", "at_least", "exceeded"),
    [
        (10.0, 10.0, False, False),
        (10.1, 10.0, False, True),
        (10.0, 10.0, True, False),
        (9.9, 10.0, True, True),
        (1e9, None, False, False),
    ],
)
def test_a_limit_is_the_most_or_the_least(measured: float, limit: float | None, at_least: bool, exceeded: bool) -> None:
    assert Row("a", measured, limit, "ms", at_least=at_least).exceeded == exceeded


@pytest.mark.parametrize("measured", [float("nan"), float("inf")])
def test_what_is_no_number_is_no_measurement(measured: float) -> None:
    with pytest.raises(ValueError, match="not a measurement"):
        Row("a", measured, 1.0, "ms")


def test_a_row_is_printed_with_its_limit_and_share() -> None:
    assert cells(row("a", 12.5, spread=0.2)) == ("  a", "12.5", "±20%", "≤ 10", "125%", "ms (12 and 34 us)   EXCEEDED")
    assert cells(Row("a", 0.5, 2.0, "x", at_least=True))[1:5] == ("0.50", "–", "≥ 2", "25%")
    assert cells(Row("a", 1234.5, None, "epochs/s")) == ("  a", "1,234", "–", "–", "–", "epochs/s")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (0.0123, "0.0123"), (0.5, "0.50"), (60.04, "60.0"), (12345.6, "12,346")],
)
def test_figures_have_the_digits_that_count(value: float | None, text: str) -> None:
    assert figure(value) == text


def test_the_table_names_each_group_once() -> None:
    lines = table([row("a", 1.0), row("bcd", 2.0), replace(row("e", 3.0), group="memory")]).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["window", "a", "bcd", "memory", "e"]
    assert len({line.index("≤") for line in lines if "≤" in line}) == 1


# ------------------------------------------------------------------------------------------------------------ timing


class Clock:
    """A clock that only the timed programs advance."""

    def __init__(self) -> None:
        self.now = 0.0
        self.made = 0

    def program(self, seconds: Callable[[int], float]) -> Callable[[], Callable[[], None]]:
        """Makes programs that take so many seconds, by how many were made before."""

        def make() -> Callable[[], None]:
            took = seconds(self.made)
            self.made += 1

            def work() -> None:
                self.now += took

            return work

        return make


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: made.now))
    return made


def test_a_race_tells_how_many_times_as_fast_ours_is(clock: Clock) -> None:
    found = race(clock.program(lambda _: 0.25), clock.program(lambda _: 1.0), least=2.0)
    assert found.speed == Sample(4.0, 4.0, 4.0)
    assert (found.ours.median, found.theirs.median) == (0.25, 1.0)
    assert clock.made == 2 * timing.ROUNDS


def test_a_race_that_fails_is_run_longer_and_all_of_it_counts(clock: Clock) -> None:
    slow_first = race(
        clock.program(lambda made: 4.0 if made < 2 * timing.ROUNDS else 1.0), clock.program(lambda _: 2.0), 1
    )
    assert clock.made == 2 * timing.ROUNDS * timing.ATTEMPTS
    assert slow_first.speed == Sample(2.0, 0.5, 2.0)


def test_a_figure_is_the_median_between_its_quartiles() -> None:
    assert Sample.of([5.0, 1.0, 2.0, 3.0, 4.0]) == Sample(3.0, 2.0, 4.0)
    assert Sample.of([7.0]) == Sample(7.0, 7.0, 7.0)
    numbers = iter((1.0, 9.0, 2.0))
    assert repeat(lambda: next(numbers), 3).median == 2.0


# ------------------------------------------------------------------------------------------------------------- peers


@pytest.mark.parametrize("case", bench_peers.CASES, ids=lambda case: case.name)
def test_all_peers_have_our_losses(case: bench_peers.Case) -> None:
    bench_peers.check_losses(case, bench_peers.experiment_of(case))


@pytest.mark.parametrize("name", bench_peers.PEERS)
def test_a_peer_that_computes_something_else_is_not_timed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = bench_peers.CASES[0]
    spec, peer = bench_peers.experiment_of(case), bench_peers.PEERS[name]
    other = replace(spec, initialization=replace(spec.initialization, seed=1))
    monkeypatch.setitem(bench_peers.PEERS, name, lambda case, _: peer(case, other))
    with pytest.raises(ValueError, match=f"at iteration 0 our loss is .*, that of {name}"):
        bench_peers.check_losses(case, spec)


def test_a_race_with_several_iterations_a_call_tells_the_time_of_one(clock: Clock) -> None:
    found = race(clock.program(lambda _: 0.5), clock.program(lambda _: 1.0), each=4)
    assert (found.ours.median, found.theirs.median, found.speed.median) == (0.125, 0.25, 2.0)


# -------------------------------------------------------------------------------------------------------------- JSON


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = run_of(row("a", 1 / 3, spread=0.1), Row("b", 2.0, None, "ms"), failed=("startup",))
    path = tmp_path / "new folder" / "run.json"
    record.write(run, path)
    assert record.read(path) == run


@pytest.mark.parametrize("text", ["", "{}", '{"format": 1', "[]"])
def test_what_is_no_run_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"run\.json"):
        record.read(path)


def test_a_format_of_another_time_is_refused(tmp_path: Path) -> None:
    record.write(replace(run_of(row("a", 1.0)), format=2), tmp_path / "run.json")
    with pytest.raises(ValueError, match="format 2"):
        record.read(tmp_path / "run.json")


def test_runs_are_kept_in_order_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    dates = ["2026-01-02T03:04:05+00:00", "2026-01-02T11:00:00+00:00", "2025-12-31T00:00:00+00:00"]
    for date in dates:
        record.write(run_of(row("a", 1.0)), record.default_path(replace(COMMIT, date=date, dirty=True)))
    assert [path.name for path in record.newest(2)] == [
        "20260102T030405-59b870c-dirty.json",
        "20260102T110000-59b870c-dirty.json",
    ]


def test_the_machine_and_the_commit_are_told() -> None:
    machine, commit = this_machine(1), this_commit()
    assert machine.threads == 1
    assert machine.cores >= 1
    assert machine.processor
    assert {"torch", "numpy", "qt"} <= machine.libraries.keys()
    assert commit.version


# --------------------------------------------------------------------------------------------------------- make bench


@pytest.fixture
def two_groups(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Row] | None]:
    """Two groups, and what measuring each gives."""
    given: dict[str, list[Row] | None] = {"window": [row("a", 1.0)], "engine": []}
    monkeypatch.setattr(bench, "groups", lambda: ("engine", "window"))
    monkeypatch.setattr(bench, "measured", lambda group, threads: given[group])
    return given


def test_all_groups_are_measured_and_kept(
    tmp_path: Path, two_groups: dict[str, list[Row] | None], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.json"
    assert bench.main(["--json", str(path), "--threads", "1"]) == 0
    kept = record.read(path)
    assert kept.rows == (row("a", 1.0),)
    assert list(kept.seconds) == ["engine", "window"]
    assert kept.machine.threads == 1
    assert str(path) in capsys.readouterr().out


def test_a_limit_exceeded_or_a_group_that_fails_is_status_1(
    tmp_path: Path, two_groups: dict[str, list[Row] | None], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--json", str(tmp_path / "run.json"), "window"]
    two_groups["window"] = [row("a", 10.1)]
    assert bench.main(words) == 1
    assert "EXCEEDED" in capsys.readouterr().out
    two_groups["window"] = None
    assert bench.main(words) == 1
    assert "Not measured, for an error: window" in capsys.readouterr().out
    assert record.read(tmp_path / "run.json").failed == ("window",)


def test_an_unknown_group_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main(["windows"])
    assert "there is no windows: take some of data, engine," in capsys.readouterr().err


def test_a_group_runs_apart_with_its_own_settings_and_threads(tmp_path: Path) -> None:
    found = bench.environment(3, tmp_path)
    assert found["XDG_CONFIG_HOME"] == str(tmp_path)
    assert {found[name] for name in THREAD_VARIABLES} == {"3"}


def test_a_group_that_cannot_be_loaded_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.measured("that_is_not_there", 1) is None
    assert "bench_that_is_not_there" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------- make bench-compare


@pytest.mark.parametrize(
    ("before", "after", "at_least", "spread", "verdict"),
    [
        (5.0, 5.0, False, 0.0, ""),
        (5.0, 5.4, False, 0.1, ""),
        (5.0, 5.4, False, 0.05, "worse"),
        (5.0, 4.6, False, 0.05, "better"),
        (5.0, 5.9, False, 0.05, "WORSE"),
        (5.0, 5.7, False, 0.05, "worse"),
        (20.0, 21.5, True, 0.05, "better"),
        (20.0, 18.5, True, 0.05, "worse"),
        (20.0, 16.0, True, 0.05, "WORSE"),
        (9.9, 10.1, False, 0.5, "LIMIT EXCEEDED"),
        (10.1, 9.9, True, 0.5, "LIMIT EXCEEDED"),
        (11.0, 11.1, False, 0.5, ""),
        (0.0, 0.0, False, 0.0, ""),
        (0.0, 0.1, False, 0.0, "WORSE"),
    ],
)
def test_a_change_is_judged_by_its_spread_and_direction(
    before: float, after: float, at_least: bool, spread: float, verdict: str
) -> None:
    change = compare.Change(row("a", before, at_least=at_least), row("a", after, at_least=at_least, spread=spread))
    assert change.verdict == verdict
    assert change.failed == verdict.isupper()


def test_rows_that_one_side_has_are_listed_in_their_group() -> None:
    other = replace(row("d", 1.0), group="engine", id="engine/d")
    before = run_of(row("a", 1.0), row("gone", 2.0), other)
    after = run_of(row("a", 1.0), replace(row("b", 3.0), unit="s"), other)
    before = replace(before, rows=(*before.rows, row("b", 3.0)))
    lines = [
        (line.row.name, "" if isinstance(line, compare.Change) else line.verdict)
        for line in compare.compare(before, after)
    ]
    assert lines == [("a", ""), ("b", "measured in another way before"), ("gone", "only before"), ("d", "")]


def test_a_group_that_was_not_asked_for_is_no_loss(capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(row("d", 1.0), group="engine", id="engine/d")
    assert compare.show(run_of(row("a", 1.0), other), run_of(row("a", 1.0))) == 0
    assert "engine" not in capsys.readouterr().out


def test_a_group_that_can_no_longer_be_measured_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.show(run_of(row("a", 1.0)), run_of(failed=("window",))) == 1
    assert "No longer measured, for an error: window" in capsys.readouterr().out
    assert compare.show(run_of(failed=("window",)), run_of(failed=("window",))) == 0


def test_another_machine_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.show(run_of(row("a", 1.0)), run_of(row("a", 1.0), machine=replace(MACHINE, threads=1))) == 0
    assert "NOT THE SAME MACHINE  threads: 2 before, 1 after" in capsys.readouterr().out


def test_a_busy_machine_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = replace(run_of(row("a", 1.0)), load=0.4)
    compare.show(quiet, replace(quiet, load=2.34))
    told = capsys.readouterr().out
    assert "BEWARE  after, the machine was busy (load 2.3 on 2 cores)" in told
    assert "BEWARE  before" not in told


def test_files_are_compared_and_the_newest_two_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    assert compare.main([]) == 2
    assert "no two runs" in capsys.readouterr().err
    paths = [tmp_path / f"2026010{day}.json" for day in (1, 2, 3)]
    for path, measured in zip(paths, (9.0, 5.0, 6.0), strict=True):
        record.write(run_of(row("a", measured)), path)
    assert compare.main([]) == 1
    assert "+20%" in capsys.readouterr().out
    assert compare.main([str(paths[0])]) == 0
    assert "-33%" in capsys.readouterr().out
    assert compare.main([str(paths[1]), str(paths[0])]) == 1
    assert "+80%" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main([str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
