# `make demo` and `make test` need Python >= 3.11, git and make; they bring the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := .ci/requirements.lock
PIP := $(BIN)/python -m pip --disable-pip-version-check
BUNDLE := notebook_agent/static/panel.js
LLMOCK := tests/openai_server/node_modules/.bin/llmock
NODE = eval "$$($(BIN)/python .ci/node.py)"
SOURCES := $(shell find widgets/src -type f 2>/dev/null) widgets/package-lock.json

.DEFAULT_GOAL := help
.PHONY: help demo lab test lint bench record pictures lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/app: $(BIN)/python $(LOCK) pyproject.toml hatch_build.py
	$(PIP) install -q -c $(LOCK) -e . ipykernel nbclient
	@touch $@

$(VENV)/lab: $(VENV)/app
	$(PIP) install -q -c $(LOCK) jupyterlab
	@touch $@

$(VENV)/test: $(VENV)/app
	$(PIP) install -q -r $(LOCK)
	@touch $@

$(BUNDLE): $(VENV)/app $(SOURCES)
	@rm -f $(BUNDLE)
	$(PIP) install -q --no-deps -e .
	@touch $@

demo: $(VENV)/app $(BUNDLE) ## run the chatbot notebook in a real kernel, without a key, and write its replay
	@$(BIN)/python .ci/demo.py

lab: $(VENV)/lab $(BUNDLE) ## open the chatbot notebook in JupyterLab
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_multimodal_chatbot.ipynb

test: $(VENV)/test $(BUNDLE) ## run the Python, TypeScript, notebook and browser tests
	@.ci/test

lint: $(VENV)/test ## run the linters, the type checkers and the layer contracts
	@.ci/lint

bench: $(VENV)/test ## run the benchmarks and write benchmarks/RESULTS.md
	@$(BIN)/python benchmarks/run.py

$(LLMOCK): $(VENV)/test tests/openai_server/package-lock.json
	@$(NODE) && npm --prefix tests/openai_server ci --silent
	@touch $@

record: $(VENV)/test $(BUNDLE) $(LLMOCK) ## record the notebooks' LLM calls again, from a local server
	@$(NODE) && $(BIN)/python .ci/record.py

pictures: $(VENV)/test $(BUNDLE) ## take the README's screenshots again, in JupyterLab
	@$(BIN)/python .ci/pictures.py

lock: $(BIN)/python ## pin the newest versions of all that the tests use
	$(PIP) install -q uv
	$(BIN)/uv pip compile pyproject.toml --group test --group lint --universal --python-version 3.11 \
	  --no-header --no-annotate --upgrade -q -o $(LOCK)

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist widgets/node_modules tests/openai_server/node_modules notebook_agent/static/*.js notebook_agent/static/*.css
