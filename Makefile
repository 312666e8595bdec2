# Each target sets up what it needs, on any machine with make, git and Python 3.11 or newer.
# Environments are rebuilt when their lock, or the place of this folder, has changed.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
# Thousands of processes are started: each would compile every module anew where nothing is kept.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help validate test lint parse-workflows format pytest coverage wheel-test bench excerpts reports schema lock clean

# The name of a stamp: it exists where the environment in folder $(1) was made, in this place,
# from the files $(2) as they are now.
stamp = $(1)/ready-$(shell { pwd; cat $(2); } | cksum | tr -cd 0-9)

DEV := $(call stamp,.venv,tests/requirements.txt pyproject.toml)
MLFLOW_LOCKS := deployment/mlflow/requirements.txt tests/mlflow/requirements.txt
MLFLOW := $(call stamp,.venv-mlflow,$(MLFLOW_LOCKS))
# The release from which the upgrade is tested.
FORMER_LOCKS := .ci/mlflow/3.6.0.txt tests/mlflow/requirements.txt
FORMER := $(call stamp,.venv-mlflow-3.6.0,$(FORMER_LOCKS))
WHEEL := $(call stamp,.venv-wheel,tests/requirements.txt)
BENCH := $(call stamp,.venv-bench,tests/bench/requirements.txt pyproject.toml)

BIN := .venv/bin
EDITABLE := install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
WORKFLOWS := $(wildcard .github/workflows/*.yml) deployment/ci/github.yml
ACTIONS := $(wildcard .github/actions/*/action.yml)
DOCKERFILES := $(wildcard deployment/*/Dockerfile .ci/*/Dockerfile)
COMPOSE_FILES := $(wildcard deployment/*.yml)
MLFLOW_PROGRAMS := $(wildcard tests/mlflow/*.py checks/mlflow/*.py checks/rollout/*.py)
UV := $(or $(shell command -v uv),.venv-uv/bin/uv)
LOCK := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --custom-compile-command "make lock"
# The tests of what is scanned run the real uv, and the suites of MLflow the real mlflow.
TEST_PATH = $$PWD/.venv-mlflow/bin:$$PWD/.venv-uv/bin:$$PATH
# Arguments handed on: make validate ARGS="--only health -v", make pytest ARGS="-k journal"
ARGS :=
# The whole suite runs on every core, with half as many workers again, as many tests wait for servers
# and containers; a worker that has nothing left takes tests from another.
WORKERS := $(shell getconf _NPROCESSORS_ONLN | awk '{ print int($$1 * 1.5 + 0.5) }')
EVERY_CORE := --numprocesses $(WORKERS) --dist worksteal

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1 | /p' Makefile | awk -F' [|] ' '{ printf "make %-12s %s\n", $$1, $$2 }'

validate: $(DEV) $(MLFLOW) ## Run the verification matrix of config/mlflow_release.yaml for real
	@PATH="$$PWD/.venv-mlflow/bin:$$PATH" $(BIN)/runner validate $(ARGS)

test: ## Everything a change must pass: lint, tests with coverage, the wheel
	@$(MAKE) lint
	@$(MAKE) coverage
	@$(MAKE) wheel-test

lint: $(DEV) $(MLFLOW) ## Style, types and layers
	@echo "==> ruff check"
	@$(BIN)/ruff check --quiet .
	@echo "==> ruff format --check"
	@$(BIN)/ruff format --quiet --check .
	@echo "==> mypy"
	@$(BIN)/mypy runner tests
	@echo "==> mypy (the package as macOS sees it)"
	@$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin runner
	@echo "==> mypy (the MLflow programs, against the MLflow environment)"
	@MYPYPATH=checks/mlflow:checks/rollout:tests/mlflow $(BIN)/mypy --python-executable .venv-mlflow/bin/python --cache-dir .mypy_cache/mlflow \
	  $(MLFLOW_PROGRAMS)
	@echo "==> lint-imports"
	@$(BIN)/lint-imports --no-logo
	@echo "==> zizmor"
	@$(BIN)/zizmor --quiet --offline --persona=auditor .github
	@echo "==> check-jsonschema"
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows $(WORKFLOWS)
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions $(ACTIONS)
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec $(COMPOSE_FILES)
	@echo "==> hadolint"
	@$(BIN)/hadolint $(DOCKERFILES)
	@echo "==> the parser of GitHub Actions"
	@$(MAKE) parse-workflows

parse-workflows: ## Read the workflows with GitHub's own parser, where npm is there (on CI it is)
	@if command -v npm >/dev/null; then \
	  (cd tests/workflows && { [ -e node_modules ] || npm ci --silent; }) && \
	  node tests/workflows/parse.mjs $(WORKFLOWS) $(ACTIONS); \
	elif [ "$$CI" = true ]; then echo "npm is not installed" >&2; exit 1; \
	else echo "left out: npm is not installed"; fi

format: $(DEV) ## Lay out the code and mend what can be mended
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

pytest: $(DEV) $(MLFLOW) $(FORMER) .venv-uv/bin/uv ## The tests alone; ARGS="-k name" picks some
	@PATH="$(TEST_PATH)" $(BIN)/python -m pytest $(ARGS)

coverage: $(DEV) $(MLFLOW) $(FORMER) .venv-uv/bin/uv ## The tests, and what they have not reached
	@echo "==> pytest with coverage"
	@rm -f .coverage .coverage.*
	@PATH="$(TEST_PATH)" $(BIN)/coverage run -m pytest $(EVERY_CORE) --durations 30 $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# What may differ in a wheel that holds the sources byte by byte is how they find their data and
# their dependencies: these tests need the schema, the templates, the locks of the tools and the rest.
wheel-test: $(DEV) $(WHEEL) ## Build the wheel, look into it, and run the tests that need its data
	@echo "==> wheel"
	@rm -rf dist build/wheel-test
	@$(BIN)/python -m hatchling build
	@$(BIN)/python tests/wheel.py dist build/wheel-test
	@.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index \
	  --force-reinstall dist/*.whl
	@.venv-wheel/bin/python -m pip check
	@cd build/wheel-test && ../../.venv-wheel/bin/python -m pytest --quiet $(EVERY_CORE) \
	  tests/unit/advisories tests/unit/cli tests/unit/playbook tests/unit/release/scaffold tests/unit/reporters

bench: $(DEV) $(BENCH) $(FORMER) .venv-uv/bin/uv ## Measure the budgets side by side with other tools: tests/bench/RESULTS.md
	@PYTHONPATH=tests .venv-bench/bin/python -m bench $(ARGS)

excerpts: $(DEV) ## Take out of published descriptions anew what the tests compare with (npm, pip)
	@$(BIN)/python tests/schemas/excerpt.py

reports: $(DEV) $(FORMER) .venv-uv/bin/uv ## Make reports/example anew, of a real MLflow upgrade; ARGS="--again", "--check"
	@PYTHONPATH=tests $(BIN)/python -m golden $(ARGS)

schema: $(DEV) ## Write the published JSON Schema from the loader's own description
	@$(BIN)/runner schema >runner/data/playbook.schema.json.new
	@mv runner/data/playbook.schema.json.new runner/data/playbook.schema.json

lock: .venv-uv/bin/uv ## Resolve the tools anew, with the newest versions that are allowed
	@$(LOCK) pyproject.toml tests/build.in --group dev --output-file tests/requirements.txt
	@$(LOCK) pyproject.toml tests/build.in --constraint tests/requirements.txt \
	  --output-file deployment/runner/requirements.txt
	@$(LOCK) pyproject.toml tests/build.in tests/bench/requirements.in --group bench \
	  --output-file tests/bench/requirements.txt
	@echo uv | $(LOCK) - --no-header --output-file tests/uv.txt
	@for tool in runner/data/tools/*.in; do \
	  $(LOCK) "$$tool" --output-file "$${tool%.in}.txt" || exit 1; \
	done

clean: ## Remove environments, caches and builds, but no evidence
	@rm -rf .venv .venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache .coverage .coverage.*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DEV):
	@.ci/venv .venv tests/requirements.txt
	@$(BIN)/python -m pip $(EDITABLE)
	@touch $@

$(MLFLOW):
	@.ci/venv .venv-mlflow $(MLFLOW_LOCKS)
	@touch $@

$(FORMER):
	@.ci/venv .venv-mlflow-3.6.0 $(FORMER_LOCKS)
	@touch $@

$(WHEEL):
	@.ci/venv .venv-wheel tests/requirements.txt
	@touch $@

$(BENCH):
	@.ci/venv .venv-bench tests/bench/requirements.txt
	@.venv-bench/bin/python -m pip $(EDITABLE)
	@touch $@

.venv-uv/bin/uv:
	@.ci/venv
