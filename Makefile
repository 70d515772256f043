# Two commands for newcomers: `make run` and `make test`.  The rest is for those who work on the house.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Modules are compiled when they are first imported: most of what the packages hold never is.
INSTALL := $(PIP) install --no-compile

.PHONY: run test check lint types mypy pyright layers bench bench-province docs docs-site shots lock sbom audit bundle clean

run: $(VENV)/.serve ## install, make the demo newsroom, serve it
	@$(BIN)/tianfu demo --serve --port $(PORT)

test: $(VENV)/.dev tests/browser/node_modules check ## install everything, check the house, run every test
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

check: lint types layers ## everything that reads the code without running it

lint mypy pyright layers: $(VENV)/.dev

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: mypy pyright

mypy:
	@$(BIN)/mypy -p tianfu

pyright:
	@$(BIN)/pyright --pythonpath $(BIN)/python

layers:
	@$(BIN)/lint-imports

bench: $(VENV)/.dev ## tables and JSON under benchmarks/results
	@$(BIN)/python -m benchmarks

bench-province: $(VENV)/.dev ## a province of processes under mixed load; OPTIONS="--minutes 1" for a shorter run
	@$(BIN)/python -m benchmarks.province_load $(OPTIONS)

docs: $(VENV)/.dev ## the OpenAPI contract as a file
	@$(BIN)/python -m benchmarks.openapi docs/openapi.json

docs-site: $(VENV)/.dev ## the documentation as a site that opens offline, site/index.html; runs the notebooks first
	@$(BIN)/python docs/making/notebooks.py var/notebooks
	@NO_MKDOCS_2_WARNING=1 TIANFU_NOTEBOOKS=var/notebooks $(BIN)/python -m mkdocs build --strict

sbom: $(VENV)/.dev ## what is served as a bill of materials (CycloneDX), tianfu.cdx.json
	@$(BIN)/python -W ignore -m cyclonedx_py requirements requirements/serve.lock --pyproject pyproject.toml \
		--output-format JSON --output-reproducible --output-file tianfu.cdx.json

audit: $(VENV)/.dev ## known holes in what is served; passes, saying so, where the network does not allow to ask
	@$(BIN)/python .ci/audit.py requirements/serve.lock

bundle: $(BIN)/python ## dist/tianfu-bundle.tar, which installs the service where there is no network
	@PYTHON=$(BIN)/python deploy/bundle/make.sh

lock: $(VENV)/.dev ## pin every dependency anew
	@$(BIN)/pip-compile -q --no-emit-find-links --no-emit-index-url --strip-extras --no-header -o requirements/serve.lock pyproject.toml
	@$(BIN)/pip-compile -q --no-emit-find-links --no-emit-index-url --strip-extras --no-header -c requirements/serve.lock --extra province --extra redis \
		--extra traces --extra milvus --extra ray -o requirements/province.lock pyproject.toml
	@$(BIN)/pip-compile -q --no-emit-find-links --no-emit-index-url --strip-extras --no-header --extra train --extra dev -o requirements/dev.lock pyproject.toml
	@sed -i 's/^\(torch==[0-9.]*\)+cpu/\1/' requirements/dev.lock

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: $(BIN)/python pyproject.toml requirements/serve.lock
	@echo "Installing the service …"
	@$(INSTALL) -r requirements/serve.lock
	@$(INSTALL) --no-deps -e .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml requirements/dev.lock
	@echo "Installing everything for development …"
	@$(INSTALL) -r requirements/dev.lock
	@$(INSTALL) --no-deps -e .
	@touch $@ $(VENV)/.serve

tests/browser/node_modules: tests/browser/package-lock.json
	@if command -v npm >/dev/null; then cd tests/browser && npm ci --silent --no-audit --no-fund && touch node_modules; \
	else echo "npm is missing: the tests that look for barriers in the console will be skipped."; fi

shots: $(VENV)/.dev tests/browser/node_modules ## the page shots in docs/console anew
	@TIANFU_SHOTS=1 $(BIN)/python -m pytest -q tests/browser

clean:
	@rm -rf tests/browser/node_modules $(VENV) var site .mypy_cache .ruff_cache .pytest_cache .hypothesis
