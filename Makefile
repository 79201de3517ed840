# Every target sets up what it needs in .venv; on a bare machine only make, Python 3.11 or 3.12 and a network are needed.
# Windows has no make as a rule: CONTRIBUTING.md gives the same commands for it.

BIN := .venv/bin
# Compiled kernels are kept with the environment they were compiled for, so that they compile once.
export NUMBA_CACHE_DIR := $(CURDIR)/.venv/numba
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check bench format clean
.DEFAULT_GOAL := demo

demo: .venv/.core  ## edit the example clip: a video, a contact sheet, a line of figures
	@$(BIN)/mien demo

test: .venv/.dev  ## run the tests
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

check: .venv/.dev  ## format, lint, types, import layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/.dev  ## print the figures of benchmarks/
	@$(BIN)/python -m benchmarks

format: .venv/.dev  ## format and apply the safe lint fixes
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

clean:  ## forget the environment and every cache
	rm -rf .venv build src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Made anew where it was made for another folder (a moved or copied checkout) or its Python has gone.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && cat .venv/.made),$(CURDIR))
.PHONY: .venv/.made
endif
.venv/.made:
	@python=''; \
	for candidate in $(PYTHON) python3.12 python3.11 python3 python; do \
	    if $$candidate -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; \
	    then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo 'mien needs Python 3.11 or 3.12 with venv, and none was found.' >&2; \
	    echo 'Debian, Ubuntu: apt install python3 python3-venv. macOS: brew install python@3.12.' >&2; \
	    echo 'Elsewhere: https://www.python.org/downloads/, or name one: make PYTHON=/path/to/python3.12' >&2; \
	    exit 1; \
	fi; \
	echo "Making .venv with $$($$python --version)"; \
	rm -rf .venv && $$python -m venv .venv && echo "$(CURDIR)" > $@

.venv/.core: .venv/.made pyproject.toml
	@echo 'Installing mien into .venv (once: about 1.4 GB, a minute or more)'
	@$(BIN)/python -m pip install -q --editable . && touch $@

.venv/.dev: .venv/.core pyproject.toml
	@echo 'Installing the developer tools into .venv (once)'
	@$(BIN)/python -m pip install -q --editable '.[dev]' && touch $@
