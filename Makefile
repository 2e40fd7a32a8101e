# `make run` and `make test` do all of the set-up: system libraries, a private .venv, torch and the rest.
#
#   make run FILE=path                 open an experiment
#   make run PYTHON=python3.12         another Python (3.11 or newer); `make clean` first if .venv exists
#   make test ARGS="-x -k program"     options for pytest, which runs a process a core
#   make bench ARGS="window engine"    some groups only; docs/benchmarks.md says how to read the table
#   make run TORCH_INDEX=URL           where torch comes from; `make clean` first to change it
#
# On Linux torch from PyPI brings GBs of CUDA packages. Where there is no NVIDIA card, the set-up takes the CPU build
# from https://download.pytorch.org/whl/cpu if that answers. TORCH_INDEX=https://download.pytorch.org/whl/cu130, say,
# takes that CUDA build; TORCH_INDEX=pip leaves the choice to pip and its configuration.

PYTHON ?= python3
VENV ?= .venv
FILE ?=
ARGS ?=
A ?=
B ?=
TORCH_INDEX ?=
export TORCH_INDEX
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# Windows has a venv's programs elsewhere, by other names.
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/pip$(if $(filter Windows_NT,$(OS)),.exe)
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
PACKAGING := $(VENV)/.packaging

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: run test soak bench bench-compare dist dist-test lint format strings clean help
.PHONY: python system-libraries test-libraries dist-libraries

run: system-libraries $(RUNTIME) ## open Chainrule; without a display it walks through in the terminal
	@$(BIN)/python -m chainrule $(if $(FILE),"$(FILE)")

test: test-libraries $(DEVELOPMENT) ## run the tests; no display is needed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto $(ARGS)

bench: test-libraries $(DEVELOPMENT) ## measure all that has a limit, as one table and as JSON
	$(BIN)/python -m tests.benchmarks $(ARGS)

soak: test-libraries $(DEVELOPMENT) ## an hour's use, a million iterations, then wild acts, mutated files and kills: what slows, grows, leaks or breaks; 25 minutes
	$(BIN)/python -m tests.soak $(ARGS)

bench-compare: $(DEVELOPMENT) ## compare two runs of it: A=old.json B=new.json, or the newest two
	$(BIN)/python -m tests.benchmarks.compare $(A) $(B)

dist: dist-libraries $(PACKAGING) ## build the standalone program for this platform, in dist
	$(BIN)/python resources/packaging/build.py

dist-test: test-libraries $(DEVELOPMENT) ## prove what `make dist` built in a clean system; docs/dist-test.md
	@# As many threads as the bundle has, or a larger network adds up in another order.
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest tests/dist --numprocesses auto $(ARGS)

# Never a script in $(BIN): those go on running in the old folder when this one is a copy of it.
lint: $(DEVELOPMENT) ## check style, types and layers
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/python -c 'from importlinter.cli import lint_imports_command as lint_imports; lint_imports()'

format: $(DEVELOPMENT) ## put imports and layout in order
	$(BIN)/python -m ruff check --fix-only
	$(BIN)/python -m ruff format

strings: test-libraries $(DEVELOPMENT) ## collect the texts for translators, and compile each language
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m scripts.strings

clean: ## remove .venv and all that was built
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Chainrule needs Python 3.11 or newer; name one: make run PYTHON=python3.11' >&2; exit 1; }

system-libraries: python
	@$(PYTHON) scripts/system-libraries

test-libraries: python
	@$(PYTHON) scripts/system-libraries --test

dist-libraries: python
	@$(PYTHON) scripts/system-libraries --dist

# Each stamp is as old as the last set-up: what pyproject.toml says now is installed, from this folder.
ifneq ($(shell cat $(VENV)/.folder 2>/dev/null),$(CURDIR))
.PHONY: $(RUNTIME) $(DEVELOPMENT) $(PACKAGING)
endif

$(RUNTIME): pyproject.toml | $(PIP)
	$(call install,.)
	@touch $@

$(DEVELOPMENT): pyproject.toml | $(PIP)
	$(call install,.[dev])
	@touch $(RUNTIME) $@

$(PACKAGING): pyproject.toml | $(PIP)
	$(call install,.[dist])
	@touch $(RUNTIME) $@

# A venv without pip is one that could not be finished: python3-venv was missing.
$(PIP): | python
	$(PYTHON) -m venv $(VENV)

# torch first, from the index that suits this machine; the rest then finds it there.
define install
$(BIN)/python scripts/install-torch
$(BIN)/python -m pip install --editable '$(1)'
@echo '$(CURDIR)' > $(VENV)/.folder
endef
