# All that a machine needs is Python 3.11 or newer with venv, and make; the targets bring the rest, Node too.
.DEFAULT_GOAL := help
SHELL         := /bin/bash
.SHELLFLAGS   := -eu -o pipefail -c
BIN           := .venv/bin
RUNTIME       := $(BIN)/python -m local_runtime
# `python3`, or the system's own where that one is far faster; used once, when .venv is made.
PYTHON        ?= $$(python3 deploy/local/choose_python.py)
INSTALLER     := deploy/local/installer.lock
MEMBERS       := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/*/pyproject.toml))
# Most tests of real parts wait, for an outage or a restart: files run beside each other (conftest.py says which together),
# each worker with its own parts, in the order of pyproject.toml: xdist by itself would keep the longest for the end.
BESIDE        := -n 4 --dist loadfile --no-loadscope-reorder
# Python keeps what it compiled, wherever this runs: a start of Postroom is a dozen processes, the tests start hundreds.
export PYTHONDONTWRITEBYTECODE :=
UV            := VIRTUAL_ENV=.venv $(BIN)/uv
# The web UI: built into the package that serves it, when its sources or the API that it is typed by have changed.
WEB           := services/inbox-projection/web
WEB_BUILD     := services/inbox-projection/src/inbox_projection/web_build
WEB_TYPES     := $(WEB)/src/lib/api/schema.d.ts
# Not as prerequisites: make takes the brackets of routes for its own.
WEB_CHANGED   := $(shell find $(WEB)/src $(WEB)/static $(WEB)/package-lock.json $(wildcard $(WEB)/*.ts) $(WEB)/tsconfig.json \
                   -newer $(WEB_BUILD)/.built -not -name '*.test.ts' -print -quit 2> /dev/null)
API_SOURCES   := $(shell find services/inbox-projection/src services/analytics/src libs/*/src -name '*.py')
NPM           := $(BIN)/python -m local_runtime.npm $(WEB)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv/.installed: requirements.lock $(INSTALLER) $(MEMBERS:%=%/pyproject.toml)
	@echo "Setting up, step 1 of 5: the environment .venv"
	@command -v python3 > /dev/null || \
	  { echo "postroom: there is no python3: install Python 3.11 or newer (Debian: apt install python3 python3-venv)" >&2; exit 1; }
	@[ -x $(BIN)/pip ] || { python=$(PYTHON) && "$$python" -m venv --clear .venv; } || \
	  { echo "postroom: the environment could not be made: see above" >&2; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(INSTALLER) || \
	  { echo "postroom: download failed (the installer uv): go online, see that the disk is not full, and try again" >&2; exit 1; }
	@echo "Setting up, step 2 of 5: $$(grep -c '==' requirements.lock) Python packages, with Java and PostgreSQL among them"
	@$(UV) pip install --compile-bytecode --require-hashes -r requirements.lock 2>&1 | { grep -vE '^ [-+~] ' || true; } || \
	  { echo "postroom: download failed (Python packages, see above): go online, see that the disk is not full, and try again" >&2; exit 1; }
	@echo "Setting up, step 3 of 5: Postroom's own packages"
	@$(UV) pip install -q --no-deps --no-build-isolation $(MEMBERS:%=-e ./%)
	@touch $@

$(WEB)/node_modules/.installed: .venv/.installed $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc
	@echo "Setting up, step 4 of 5: $$(grep -c '"version":' $(WEB)/package-lock.json) npm packages of the web UI"
	@$(NPM) ci --prefer-offline --no-progress > /dev/null || \
	  { echo "postroom: download failed (npm packages, see above): go online, see that the disk is not full, and try again" >&2; exit 1; }
	@touch $@

# Written only when it says something else, so that what is made of it stays, too.
$(WEB)/.svelte-kit/api: .venv/.installed $(API_SOURCES)
	@$(BIN)/python -m inbox_projection.api.description $(WEB)/openapi.json
	@$(BIN)/python -m analytics.api.description $(WEB)/reports-openapi.json
	@mkdir -p $(@D) && touch $@

$(WEB)/openapi.json $(WEB)/reports-openapi.json: $(WEB)/.svelte-kit/api ;

$(WEB_TYPES): $(WEB)/openapi.json $(WEB)/reports-openapi.json $(WEB)/node_modules/.installed
	@$(NPM) run -s api > /dev/null
	@$(NPM) run -s api:reports > /dev/null
	@touch $@

$(WEB_BUILD)/.built: $(WEB_TYPES) $(if $(WEB_CHANGED),web-changed)
	@echo "Setting up, step 5 of 5: the web UI"
	@$(NPM) run -s build > /dev/null || { echo "postroom: the web UI could not be built: see above" >&2; exit 1; }
	@touch $@

setup: .venv/.installed $(WEB_BUILD)/.built ## install everything into .venv, and build the web UI

run: setup ## start everything in the foreground, with a demo workspace; Ctrl-C stops it
	@exec $(RUNTIME) run

up: setup ## the same in the background
	@$(RUNTIME) up

down: .venv/.installed ## stop it
	@$(RUNTIME) down

status: .venv/.installed ## show every process; 0 when all are ready
	@$(RUNTIME) status

test: setup ## all tests, with real Kafka and PostgreSQL
	@$(BIN)/pytest $(BESIDE) $(ARGS)

test-pure: setup ## the tests that need neither (seconds)
	@$(BIN)/pytest $(BESIDE) -m "not real and not faults" $(ARGS)

lint: setup ## format, lint, types and imports, without changing anything
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(NPM) run -s format:check
	@$(NPM) run -s lint
	@$(NPM) run -s check
	@$(NPM) run -s test

check: lint test ## what CI runs: lint, then all tests

format: .venv/.installed ## put the code into shape
	@$(BIN)/ruff check --fix --exit-zero
	@$(BIN)/ruff format
	@if [ -d $(WEB)/node_modules ]; then $(NPM) run -s format; fi

bench: setup ## the load benchmark, one JSON object per scenario; ONLY=name runs one
	@$(BIN)/python tests/bench/run.py $(ONLY)

schemas: .venv/.installed ## write JSON Schemas, missing golden events and docs/reference anew
	@$(BIN)/python -m events.contracts
	@$(BIN)/python docs/reference/generate.py

lock: .venv/.installed ## resolve all versions anew: Python packages, the installer, Kafka's jars, npm packages
	@$(UV) export -q --all-packages --no-emit-workspace --no-header --no-annotate --format requirements-txt -o requirements.lock
	@rm -f uv.lock
	@echo uv | $(UV) pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o $(INSTALLER) -
	@$(RUNTIME) lock
	@rm -f $(WEB)/package-lock.json
	@$(NPM) install --package-lock-only --no-progress > /dev/null

clean: ## stop everything; remove state and environments
	@if [ -x $(BIN)/python ] && [ -f .venv/.installed ]; then $(RUNTIME) clean; fi
	@rm -rf $(WEB)/node_modules $(WEB)/.svelte-kit $(WEB)/*openapi.json $(WEB)/src/lib/api/*.d.ts $(WEB_BUILD)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: web-changed help setup run up down status test test-pure lint check format bench schemas lock clean
