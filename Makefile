# `make demo` and `make test` set everything up by themselves; Python 3.11 or newer is all they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PLUGINS := $(wildcard plugins/*/pyproject.toml)
PLUGIN_DIRS := $(patsubst %/pyproject.toml,%,$(PLUGINS))

.PHONY: demo test test-science bench lint setup constraints clean

demo: setup
	$(BIN)/scalebridge run flows/creep.py

test: setup
	$(BIN)/python -m pytest

test-science: setup
	$(BIN)/python -m pytest -p tests.validation -m science

bench: setup
	$(BIN)/python -m tests.bench

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(VENV)/ready

$(VENV)/ready: pyproject.toml constraints.txt $(PLUGINS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --compile-bytecode -c constraints.txt \
	    --editable . $(addprefix --editable ,$(PLUGIN_DIRS)) --group dev
	$(BIN)/python -m bridge.run.server prepare
	touch $@

# Resolve every dependency again for all supported Pythons; no address is written.
constraints: setup
	$(BIN)/uv pip compile --quiet --system-certs --upgrade --universal --python-version 3.11 --no-header --no-annotate \
	    --no-emit-package scalebridge --no-emit-package scalebridge-creep \
	    --group dev pyproject.toml $(PLUGINS) --output-file constraints.txt

clean:
	rm -rf $(VENV) .scalebridge
