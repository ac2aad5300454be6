# make run        set everything up (once) and open the dashboard
# make test       set everything up (once) and run every test
# make reproduce  train the published settings and write a table beside the papers' numbers
# make lint       style and types
# make clean      remove .venv, caches and generated files (never the store of runs)
#
# PYTHON=/path/to/python chooses the interpreter, ARGS="-k canvas" goes to pytest,
# ARGS="-n 2 --dist loadfile" runs two files of tests at a time.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
ARGS ?=
PINS := pyproject.toml constraints.txt
PIP := $(BIN)/python -m pip install --disable-pip-version-check --prefer-binary -c constraints.txt

.PHONY: run test reproduce lint clean
.DELETE_ON_ERROR:

run: $(VENV)/.ready
	@$(BIN)/python -m explainers

test: $(VENV)/.ready-dev
	@$(BIN)/python -m pytest $(ARGS)

reproduce: $(VENV)/.ready
	@$(BIN)/python -m benchmarks.reproduce $(ARGS)

lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

clean:
	rm -rf $(VENV) static test-artefacts *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than the pins when nothing is left to install, so a second start takes no time.
$(VENV)/.ready: $(PINS) | $(BIN)/python
	@echo "Setting up $(VENV): about a minute and 2 GB, once."
	@$(PIP) -e .
	@touch $@

$(VENV)/.ready-dev: $(PINS) | $(BIN)/python
	@echo "Setting up $(VENV) with the test tools: about a minute and 2 GB, once."
	@$(PIP) -e ".[dev]"
	@touch $(VENV)/.ready $@

# A name may be found and still not run (version managers' shims), so each candidate is tried.
$(BIN)/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        $$python -m venv --clear $(VENV) && exit 0; \
	        rm -rf $(VENV); \
	        echo "$$python could not make an environment; on Debian and Ubuntu 'apt install python3-venv' helps." >&2; \
	        exit 1; \
	    fi; \
	done; \
	echo "Hopscope needs Python 3.11 or newer and found none; install one, or name it: make PYTHON=/path/to/python run" >&2; \
	exit 1
