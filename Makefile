# What a developer, or a curious visitor, types. `make` alone lists it.

VENV ?= .venv
JOBS ?= 2
BIN := $(VENV)/bin
SERVER := $(VENV)/.omnireel-server
DEV := $(VENV)/.omnireel-dev
RAY := $(VENV)/.omnireel-ray
DEPLOY := $(VENV)/deploy/bin/helm
LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links
COMPILE := $(LOCK) --no-emit-package omnireel pyproject.toml requirements/build.in

.PHONY: help demo serve test chaos cluster-demo check lint imports types web web-check docs deploy-tools lock clean

help:
	@echo "make demo    restyle a clip into clay, for real: ends in demo-output/clay.mp4"
	@echo "make serve   run the server on http://127.0.0.1:8000 (ARGS='--port 9000 …')"
	@echo "make test    run the tests (TIER= for the slow ones too)"
	@echo "make chaos   kill, cut and fill for an hour (SCALE=0.1 for less; needs PostgreSQL)"
	@echo "make cluster-demo   two servers and two Ray nodes, one killed half-way (needs PostgreSQL)"
	@echo "make check   formatting, lint, types, import rules, tests"
	@echo "make web     build the page of web/ anew, into src/omnireel/api/playground (needs Node.js)"
	@echo "make docs    build the documentation into docs/_build/html, warnings being errors"
	@echo "make deploy-tools  get Helm, Docker Compose and hadolint, which the tests of deploy/ run"
	@echo "make lock    resolve the dependencies anew (needs uv)"
	@echo "make clean   remove what these commands made, but not omnireel-data"

demo: $(SERVER)
	@$(BIN)/omnireel demo $(ARGS)

serve: $(SERVER)
	@$(BIN)/omnireel serve $(ARGS)

# What takes longer than ten seconds is left to continuous integration, which says TIER= .
TIER ?= -m "not slow"
test: $(DEV)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(TIER) $(ARGS)

SCALE ?= 1
chaos: $(DEV)
	$(BIN)/python -m pytest -n 0 -m chaos --scale $(SCALE) tests/chaos $(ARGS)
	$(BIN)/python -m tests.chaos.table

cluster-demo: $(RAY)
	@$(BIN)/python -W ignore -m tests.cluster.demo $(ARGS)

check: lint imports types
	$(MAKE) test

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

imports: $(DEV)
	$(BIN)/lint-imports

types: $(DEV)
	$(BIN)/mypy
	tools/pyright.sh $(BIN)

web: web/node_modules
	cd web && npm run --silent build

web-check: web/node_modules
	tools/web_check.sh

web/node_modules: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

$(SERVER): requirements/server.lock pyproject.toml tools/venv.sh
	@tools/venv.sh $(VENV) server

$(DEV): requirements/dev.lock pyproject.toml tools/venv.sh
	@tools/venv.sh $(VENV) dev

deploy-tools: $(DEPLOY)

$(DEPLOY): requirements/deploy.lock requirements/helm.lock tools/deploy_tools.sh $(DEV)
	@tools/deploy_tools.sh $(VENV)/deploy $(BIN)/python
	@touch $@

docs: $(DEV)
	$(BIN)/python -m sphinx -q -W --keep-going -d docs/_build/read docs docs/_build/html

# What the images of deploy/ hold, by the build argument VARIANT.
CONTAINER := --extra postgres --extra s3 --extra otel
UV ?= $(or $(shell command -v uv 2>/dev/null),$(BIN)/uv)
lock:
	$(UV) $(COMPILE) --extra server --output-file requirements/server.lock $(ARGS)
	$(UV) $(COMPILE) --extra dev --constraints requirements/server.lock --output-file requirements/dev.lock $(ARGS)
	$(UV) $(COMPILE) $(CONTAINER) --constraints requirements/dev.lock \
		--output-file requirements/container-cpu.lock $(ARGS)
	$(UV) $(COMPILE) $(CONTAINER) --extra ray requirements/ray.in --constraints requirements/container-cpu.lock \
		--output-file requirements/container-ray.lock $(ARGS)
	$(UV) $(COMPILE) $(CONTAINER) --extra ray requirements/ray.in --extra diffusers \
		--constraints requirements/container-ray.lock --output-file requirements/container-cuda.lock $(ARGS)
	$(UV) $(LOCK) requirements/deploy.in --output-file requirements/deploy.lock $(ARGS)

$(RAY): $(DEV)
	$(UV) pip install --quiet --python $(BIN)/python 'ray>=2.60,<3'
	@touch $@

clean:
	rm -rf docs/_build docs/generated docs/architecture
	rm -rf $(VENV) demo-output dist build web/node_modules web/artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
