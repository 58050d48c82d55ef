# Two commands do everything on a machine that has Python 3.11+, make and git:
#   make demo    see the bot work, on real parts, without any account (ARGS=--once ends by itself)
#   make test    run the tests (ARGS=… goes to pytest)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
ARGS ?=

.PHONY: demo test coverage lint types format requirements clean

demo: $(READY)
	@$(BIN)/python -m bot demo $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest -n auto $(ARGS)

coverage: $(READY)
	$(BIN)/python -m pytest -n auto --cov --cov-report=term-missing $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Compiled for every platform and Python that the project supports, with hashes.
requirements: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make requirements" pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make requirements" --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:
	rm -rf $(VENV)

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; this is %s" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $(READY)
