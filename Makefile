.PHONY: setup run test lint bench

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

setup: $(VENV)/.runtime

$(VENV)/.runtime: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ $(VENV)/.runtime

$(VENV)/.bench: requirements-dev.txt requirements-bench.txt $(VENV)/.development
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	touch $@

run: setup
	$(BIN)/python -m streamlit run app.py

lint: $(VENV)/.development
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: $(VENV)/.bench
	$(BIN)/python -m tests.benchmarks
