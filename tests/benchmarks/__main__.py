"""All benchmarks as one table: `make bench`. Memory is measured first, in a process that has done nothing else."""

from __future__ import annotations

import sys

from tests.benchmarks import bench_engine, bench_memory, bench_optimizers, bench_window

if __name__ == "__main__":
    table = [row for module in (bench_memory, bench_engine, bench_optimizers, bench_window) for row in module.rows()]
    sys.exit(bench_engine.report(table))
