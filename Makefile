# Needs Python 3.11+, make and git.
#   make demo           run the bot locally, without any account (ARGS=--once: on the terminal, then exit)
#   make test           run the tests (ARGS is passed to pytest)
#   make faults         run the whole fault suite and print its table (three quarters of an hour)
#   make faults-mutate  remove the bot's safeguards one at a time and check that the fault suite fails
#   make bench          compare the bot with Express + BullMQ and FastAPI + arq (a quarter of an hour; ARGS=--quick: two minutes)
#   make fuzz           look for bytes that break a parser or the escaping (SECONDS for each target, default 60)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
ARGS ?=
SECONDS ?= 60
NODE_MODULES := $(VENV)/node_modules
NPM_PACKAGES := axe-core@4.14.1 @heroku/mcp-server@1.2.8 @slack/types@3.2.0 typescript@6.0.3

.PHONY: demo test faults faults-mutate bench fuzz coverage audit lint types format requirements node_modules clean

demo: $(READY)
	@$(BIN)/python -m bot demo $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest -n auto $(ARGS)

faults: $(READY)
	$(BIN)/python -m pytest tests/faults --whole $(ARGS)

faults-mutate: $(READY)
	$(BIN)/python -m tests.faults.mutate $(ARGS)

bench: $(READY)
	$(BIN)/python -m tests.benchmarks $(ARGS)

fuzz: $(READY)
	$(BIN)/python -m tests.fuzz.fuzz --seconds $(SECONDS)

coverage: $(READY)
	$(BIN)/python -m pytest -n auto --cov --cov-report=term-missing $(ARGS)

audit: $(READY)
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.txt

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Compile the requirements with hashes, for every platform and Python version that the project supports.
requirements: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make requirements" pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make requirements" --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

# The npm packages that some tests use, without their dependencies: axe-core, Heroku's schema of app.json, and
# Slack's types with a compiler (from 7 on, TypeScript is a binary for each platform, in another package).
node_modules: $(NODE_MODULES)

$(NODE_MODULES): $(READY) Makefile
	@rm -rf $@ $@.part
	@set -e; for package in $(NPM_PACKAGES); do \
		folder=$@.part/$${package%@*}; mkdir -p $$folder; \
		npm pack --silent --pack-destination $$folder $$package >/dev/null; \
		tar -xzf $$folder/*.tgz --strip-components=1 -C $$folder; \
		rm $$folder/*.tgz; \
	done
	@mv $@.part $@

clean:
	rm -rf $(VENV)

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; this is %s" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) (only once, about half a minute) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $(READY)
