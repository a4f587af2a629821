# The two commands: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Test files run beside one another, each whole in one process: much of their time is waiting for processes they started.
# Foreign programs are heavier, so fewer of their files at once.
SIDE_BY_SIDE := --dist=loadfile --no-loadscope-reorder --numprocesses

.DEFAULT_GOAL := help
.PHONY: help run demo codecs wheel test test-peers lint bench clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "notcontent needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip

# One stamp for each set of packages, renewed when pyproject.toml changes.
$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# What the page needs for videos and HEIC, from npm where there is Node.
codecs:
	@sh src/notcontent/page/codecs/install

run: $(VENV)/.installed-all codecs  ## start a practice set-up: exchange, guard and picture board (Ctrl-C stops it)
	@$(BIN)/notcontent run $(ARGS)

demo: $(VENV)/.installed-demo  ## play the whole loop in the terminal in under a minute
	@$(BIN)/notcontent demo $(ARGS)

lint: $(VENV)/.installed-test  ## style, types and the walls between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: $(BIN)/python codecs  ## build a wheel, with what the page needs from npm, into dist/
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

test: lint codecs  ## every test that needs no foreign server; installs what they need
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tests/install-chromium
	$(BIN)/pytest -m "not peer" $(SIDE_BY_SIDE)=4 $(ARGS)

test-peers: $(VENV)/.installed-peers  ## the rest, against foreign programs and servers; says what did not run and why
	@VENV=$(VENV) PYTHON=$(PYTHON) sh tests/install-peers
	$(BIN)/pytest -m peer $(SIDE_BY_SIDE)=2 $(ARGS)

bench: $(VENV)/.installed-bench codecs  ## every figure, with its peer in the same run
	@for program in loop page hash index check doors evasion video desk spinoffs; do $(BIN)/python bench/$$program.py $(ARGS) || exit 1; done

clean:  ## remove what the other commands made (the data folder stays)
	rm -rf $(VENV) build dist out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	cd src/notcontent/page/codecs && rm -f *.mjs *.txt .installed
