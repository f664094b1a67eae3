.PHONY: setup run class test lint bench

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

# For others' browsers: HOST names the addresses by which they call this computer, as in
# make class HOST="192.168.1.20 lab-pc"
class: setup
	@test -n "$(HOST)" || { echo "By which address do others call this computer? For instance:"; \
		echo "make class HOST=192.168.1.20"; exit 2; }
	$(BIN)/python -m streamlit run app.py --server.headless true --server.address 0.0.0.0 \
		--browser.serverAddress $(firstword $(HOST)) \
		$(foreach name,localhost 127.0.0.1 $(HOST),--server.allowedHosts $(name))

lint: $(VENV)/.development
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: $(VENV)/.bench
	$(BIN)/python -m tests.benchmarks
