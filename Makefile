# Every target sets up its own environment; it needs Python >= 3.11 and make only.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt

.PHONY: help demo test test-all check format bench gpu fuzz reference figures release clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.run ## compare bicubic with ESPCN on the embedded photographs
	$(BIN)/python -m srbench run --methods bicubic,espcn --factor 3

test: $(VENV)/.dev ## run the fast tests
	$(BIN)/pytest -m "not slow" -n auto

test-all: $(VENV)/.dev ## run all tests, the slow ones too
	$(BIN)/pytest -n 2

check: $(VENV)/.dev ## check style (Python and JavaScript), formatting, types and imports between rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/reports/html/lint.py

format: $(VENV)/.dev ## format the code, and fix what ruff can fix
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev ## measure srbench itself, and write results/performance.csv (ten minutes)
	$(BIN)/python tests/benchmarks/performance.py

gpu: $(if $(findstring command line,$(origin BIN)),,$(VENV)/.dev) ## run everything that needs CUDA, and write build/gpu.json (five minutes); BIN=DIR uses the Python there
	$(BIN)/python3 tests/gpu.py $(GPU)

READERS := image manifest row protocol protocol_spec convention spec info
SECONDS ?= 600

fuzz: $(VENV)/.fuzz ## fuzz the parsers of input files with atheris, SECONDS (600) each
	for reader in $(READERS); do $(BIN)/python tests/fuzz/fuzz.py $$reader --seconds $(SECONDS) || exit; done

ALL := nearest,bilinear,bicubic,lanczos,bicubic-matlab,espcn:engine=torch,espcn:activation=relu:engine=torch,espcn:engine=torch:ensemble=8,espcn:activation=relu:engine=torch:ensemble=8,espcn:engine=torch:network=article,fsrcnn:engine=torch,fsrcnn:engine=torch:size=32-5-1,plain:engine=torch

reference: $(VENV)/.dev ## compute results/reference and the model cards again (needs SRBENCH_DATA)
	rm -rf build/reference
	$(BIN)/srbench run --methods $(ALL) --factor 2,3,4 --datasets set5,set14,bsd100,kodak24 --protocol srcnn,basicsr \
		--device cpu --no-timing --jobs 2 --out build/reference
	mkdir -p results/reference
	cp build/reference/summary.csv build/reference/run.json results/reference/
	$(BIN)/python -m srbench.training.card

figures: $(VENV)/.dev ## draw the figures of README.md and docs/espcn.md again
	$(BIN)/python docs/figures.py

release: $(VENV)/.dev ## build wheel and sdist in dist/, and run the README's commands with each on every Python found (PYTHONS="..." chooses)
	$(BIN)/python tests/release.py $(if $(PYTHONS),--python $(PYTHONS))

clean: ## remove the environment and caches
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "srbench needs Python >= 3.11, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# there after `pip install .`: a copy, in which edits would not count; the editable install replaces it
COPY := $(wildcard $(VENV)/lib/python3*/site-packages/srbench)

$(VENV)/.run: pyproject.toml constraints.txt $(COPY) | $(VENV)/bin/python
	@echo 'setting up $(VENV): srbench and what it needs, torch among it (some minutes, once)'
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt $(COPY) | $(VENV)/bin/python
	$(INSTALL) --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.run

$(VENV)/.fuzz: pyproject.toml constraints.txt $(COPY) | $(VENV)/bin/python
	$(INSTALL) --quiet --editable '.[fuzz]'
	@touch $@ $(VENV)/.run
