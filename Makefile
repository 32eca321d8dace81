# `make` makes .venv with `lianfang` in it, and nothing else on the machine. `make help` lists the rest.
# Packages come from the lock files, each checked against its hash; `make lock` writes those anew.
SHELL := /bin/sh
.DEFAULT_GOAL := install
.DELETE_ON_ERROR:

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --no-cache-dir
PYTEST := $(BIN)/python -m pytest
FOUND = for p in $(PYTHON) python3.11 python3.12 python3.13 python3 python; do \
	if "$$p" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then echo "$$p"; break; fi; done

# images of Python set it; then a process compiles all that it imports anew, three seconds instead of one
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install dev demo needs test lint format examples faults soak bench lock clean help

install: .venv/.installed ## .venv with `lianfang` in it

.venv/bin/python:
	@python="$$($(FOUND))"; \
	if [ -z "$$python" ]; then \
		echo "lianfang needs Python 3.11, 3.12 or 3.13 with its venv module; none was found on PATH." >&2; \
		echo "Install one (Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	echo "making .venv with $$($$python --version)" >&2; \
	"$$python" -m venv .venv

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	$(PIP) --no-deps --no-compile --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.installed
	$(PIP) --no-deps --no-compile --require-hashes -r requirements-dev.lock
	@touch $@

dev: .venv/.dev ## the same, with what tests and lint need

.venv-bench/.installed: requirements-bench.lock | .venv/bin/python
	@$(BIN)/python -m venv .venv-bench
	@.venv-bench/bin/python -m pip --disable-pip-version-check --no-input install --quiet --no-cache-dir \
		--require-hashes -r requirements-bench.lock
	@touch $@

demo: install ## the whole system on this machine, replaying a fortnight of a district; ARGS="--fast"
	@$(BIN)/lianfang demo $(ARGS)

needs: .venv/bin/python ## what tests need besides Python: Java, Maven, Chromium, kcat and the jars of Kafka
	@sh tests/needs.sh
	-@$(BIN)/python -m tests.brokers

test: ## all tests; installs what they need (under ten minutes on two slow cores); ARGS="-k papers"
	@$(MAKE) --no-print-directory --jobs 2 dev needs
	@$(PYTEST) -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: dev ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: dev ## let ruff put the files in form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

examples: dev ## every example history with both engines
	@LIANFANG_TEST_EXAMPLES=all $(PYTEST) tests/examples $(ARGS)

faults: dev ## the faults, a short selection: the whole system on three real brokers of both lines of Kafka
	@$(PYTEST) tests/faults tests/soak $(ARGS)

RUNS = 20
soak: dev ## RUNS=n seeded runs of the whole system under faults, and a table; ARGS="--seed 1 --kafka 4.2.0"
	@$(BIN)/python -m tests.soak --runs $(RUNS) $(ARGS)

bench: dev .venv-bench/.installed ## speed beside what one would pick instead, latency, on a real broker; ARGS="--quick"
	@$(BIN)/python -m bench $(ARGS)

lock: dev ## write the lock files anew from pyproject.toml
	@echo 'setuptools>=77' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links pyproject.toml - -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	@echo 'orjson quixstreams>=3.28,<4' | tr ' ' '\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --no-emit-index-url --no-emit-find-links - -o requirements-bench.lock

clean: ## what was made here
	rm -rf .venv .venv-bench .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache lianfang.egg-info build

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name words; do \
		printf '  make %-10s %s\n' "$$name" "$$words"; done
