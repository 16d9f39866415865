# Every target sets up what it needs; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXCERPT := operator/src/bytebridge/demo/data/azure-llm-conversation-2023.csv
LOCK := operator/locks/development.txt
UV_OPTIONS := --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml $(UV_OPTIONS)
UV_COMPILE_GROUP := $(BIN)/uv pip compile $(UV_OPTIONS) --group pyproject.toml

KINDS := scalableservices databasebudgets
CHART_CRDS := charts/bytebridge/files/crds

PYTHON_IMAGE ?= python:3.13-slim
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' operator/src/bytebridge/__init__.py)
REVISION := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
IMAGE ?= bytebridge:$(VERSION)
BUILD_ARGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): $(LOCK) pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "ByteBridge needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: setup
setup: $(STAMP) ## Create .venv with the locked dependencies

.PHONY: binaries
binaries: $(STAMP) ## Find, download or build what the local cluster runs (once; kept in the user's cache folder)
	$(BIN)/bytebridge lab binaries

.PHONY: servers
servers: $(STAMP) ## Find PostgreSQL, PgBouncer and Valkey or Redis, or unpack Debian's packages of them
	$(BIN)/bytebridge lab servers

.PHONY: helm
helm: $(STAMP) ## Find, download or build the Helm that the chart's tests use (once)
	$(BIN)/bytebridge lab helm

.PHONY: promtool
promtool: $(STAMP) ## Find, download or build the promtool that tests the alerts (once)
	$(BIN)/bytebridge lab promtool

.PHONY: compiled
compiled: $(STAMP) ## Compile the decision core as the image has it (once for the same sources; kept in the user's cache folder)
	$(BIN)/bytebridge lab compiled

.PHONY: unit
unit: $(STAMP) ## Run the fast tests (seconds)
	$(BIN)/pytest tests/unit $(ARGS)

.PHONY: lint
lint: $(STAMP) ## Check format, lint, types, layers and the generated CRD
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	for kind in $(KINDS); do \
		$(BIN)/bytebridge crd $$kind | diff -u crds/$$kind.scaling.bytebridge.io.yaml - \
			|| { echo 'crds/ is out of date: run "make crd"'; exit 1; }; \
	done
	diff -ru crds $(CHART_CRDS) || { echo '$(CHART_CRDS) is out of date: run "make crd"'; exit 1; }
	$(BIN)/bytebridge reference | diff -u docs/reference.md - \
		|| { echo 'docs/reference.md is out of date: run "make docs"'; exit 1; }
	$(BIN)/python charts/values_table.py charts/bytebridge --check \
		|| { echo 'charts/bytebridge/README.md is out of date: run "make docs"'; exit 1; }

.PHONY: test
test: lint binaries helm promtool servers compiled site ## Run every check and every test, on a real local control plane
	$(BIN)/pytest tests $(ARGS)

.PHONY: e2e
e2e: $(STAMP) ## Run the end-to-end tests on a kind cluster made for them (KEEP=1 keeps it); see docs/e2e.md
	KEEP=$(KEEP) $(BIN)/pytest e2e $(ARGS)

.PHONY: e2e-clean
e2e-clean: $(STAMP) ## Delete the cluster of the end-to-end tests and stop the Docker engine started for it
	$(BIN)/python -m e2e.cluster down
	$(BIN)/python -m e2e.cluster engine --stop

.PHONY: demo
demo: $(STAMP) binaries ## Watch a surge to ten times the usual load on a local cluster (ARGS="--policy hpa" for a plain HPA)
	$(BIN)/bytebridge demo $(ARGS)

.PHONY: bench
bench: $(STAMP) binaries ## Measure reaction, a fleet of 2,000 services and the cost of a decision (ARGS="--part decision")
	$(BIN)/bytebridge bench $(ARGS)

.PHONY: compare
compare: $(STAMP) ## Simulate ByteBridge and its peers side by side into docs/comparison.md (ARGS="--report out.html" for plots)
	$(BIN)/bytebridge compare --document docs/comparison.md --trace $(EXCERPT) $(ARGS)

.PHONY: fmt
fmt: $(STAMP) ## Format the code and mend what the linter can mend
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: docs
docs: $(STAMP) ## Write docs/reference.md anew from the models, and the chart's table of values
	$(BIN)/bytebridge reference > docs/reference.md
	$(BIN)/python charts/values_table.py charts/bytebridge

.PHONY: site
site: $(STAMP) ## Build the documentation as a site into out/site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.PHONY: crd
crd: $(STAMP) ## Write crds/, and the chart's copy of it, anew from the models
	for kind in $(KINDS); do $(BIN)/bytebridge crd $$kind > crds/$$kind.scaling.bytebridge.io.yaml; done
	cp crds/*.yaml $(CHART_CRDS)/

.PHONY: lock
lock: $(STAMP) ## Resolve the dependencies anew into operator/locks
	$(UV_COMPILE) --output-file operator/locks/runtime.txt
	$(UV_COMPILE) --all-extras --group dev --output-file $(LOCK)
	for group in build workload; do \
		$(UV_COMPILE_GROUP):$$group --constraints $(LOCK) --output-file operator/locks/$$group.txt; \
	done

.PHONY: image
image: ## Build the operator's image with the Docker that is there (PYTHON_IMAGE=..., IMAGE=..., BUILD_ARGS=...)
	docker build --network host --build-arg PYTHON_IMAGE=$(PYTHON_IMAGE) --build-arg VERSION=$(VERSION) \
		--build-arg REVISION=$(REVISION) $(BUILD_ARGS) --tag $(IMAGE) .

.PHONY: sbom
sbom: $(STAMP) ## Write out/bytebridge.cdx.json: what Python packages the image has (CycloneDX)
	rm -rf out/sbom
	$(PYTHON) -m venv --without-pip out/sbom
	$(BIN)/pip --python out/sbom/bin/python install --quiet --disable-pip-version-check --require-hashes \
		--requirement operator/locks/runtime.txt
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file out/bytebridge.cdx.json out/sbom/bin/python

.PHONY: audit
audit: $(STAMP) ## Look the runtime lock up in a database of known vulnerabilities (AUDIT_OFFLINE=skip where none is reached)
	$(BIN)/python .ci/audit.py $(ARGS)

.PHONY: clean
clean: ## Remove .venv and what the tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache out
