# Two commands do everything: `make run` and `make test`. See README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

CONSOLE := waystation/control/built_console/built/index.html
EXPLORER := waystation/control/docs_site/explorer/standalone.js

.PHONY: setup run test lint lint-python lint-web compiled soak mutate bench lock wheel clean

# Where it is set, each of the thousand processes of a test run would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

# Python's half and the console's do not wait for each other.
MAKEFLAGS += --jobs=2

setup: $(VENV)/.ready $(CONSOLE) $(EXPLORER)

$(VENV)/.ready: requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

web/node_modules/.ready: web/package-lock.json
	cd web && npm ci --silent --no-fund --no-audit
	@touch $@

$(CONSOLE): web/node_modules/.ready $(shell find web/src web/public -type f) web/index.html web/vite.config.ts web/tsconfig.json
	cd web && npm run --silent build

$(EXPLORER): web/explorer.mjs
	node web/explorer.mjs

run: setup
	$(BIN)/waystation serve --data data --port 8000

lint: lint-python lint-web

lint-python: setup
	$(BIN)/ruff format --check waystation tests bench
	$(BIN)/ruff check waystation tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-web: setup
	cd web && npm run --silent check

# Beside the checks, which leave a processor free: else each of the tests' workers does it for itself.
compiled: setup
	@-$(BIN)/python -m pytest -q --collect-only tests > /dev/null

# The core is tested under coverage, with a floor for each of its files; the rest runs as it is.
CORE := kernel unit meter dialects routing prices admission identity ledger wire_ledger settling \
	anthropic gemini responses lanes pairs text_vendors pictures gpts \
	$(addprefix midjourney/,test_forms.py test_prompt.py test_buttons.py test_upstream_replies.py test_submit.py test_turned_away.py test_follow.py) \
	$(addprefix suno/,test_reading.py test_horrors.py test_chat.py test_sung_over_chat.py test_dialects.py) \
	sound server_tools relay/test_embeddings_across.py relay/test_gemini.py relay/test_responses.py relay/test_stored_responses.py
CORE_TESTS := $(addprefix tests/,$(CORE))

# Most tests wait on sockets and clocks more than they work, so four share two cores.
REST := $(addprefix --ignore=,$(CORE_TESTS)) tests

test: setup lint compiled
	@rm -rf .coverage .coverage.* .answered && mkdir .answered
	$(BIN)/coverage run -m pytest -q -n 4 -m "not soak" $(CORE_TESTS)
	$(BIN)/coverage combine -q
	$(BIN)/python -m tests.floors
	$(BIN)/python -m pytest -q -n 4 -m "not soak" $(REST)
	$(BIN)/python -m tests.answered

soak: setup
	$(BIN)/python -m pytest -m soak

bench: setup
	$(BIN)/python -m bench

mutate: setup
	$(BIN)/python -m tests.mutate

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate

lock: setup
	$(COMPILE) pyproject.toml -o requirements/runtime.lock
	$(COMPILE) requirements/build.in -o requirements/build.lock
	$(COMPILE) pyproject.toml requirements/dev.in -o requirements/dev.lock

wheel: setup
	$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .coverage .coverage.* .answered
