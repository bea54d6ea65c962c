# Yiwang 一网. `make help` lists the targets; `make demo` is enough to look around.
# What has been done is remembered in .venv/done, so that a second run of anything is quick.

BIN := $(CURDIR)/.venv/bin
DONE := .venv/done
STRICT ?=
ARGS ?=
SUITE ?= case
# The system's own Python first: distributions build it with profile and link-time optimisation, which is worth a fifth.
PYTHON ?= $(shell for one in /usr/bin/python3 python3; do \
  $$one -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$one && exit; done; echo python3)

export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is compiled is kept, whatever the environment says: every process of the platform would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

PAGES := $(shell find frontend -path frontend/node_modules -prune -o -path frontend/dist -prune -o -type f -print 2>/dev/null)
TEXTS := $(shell find src/yiwang/locale -name '*.po' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test lint format tools bench soak docs screenshots lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: $(DONE)/build frontend/dist/manifest.json $(DONE)/texts ## install what running needs; then .venv/bin/yiwang works

demo: setup ## run the whole platform with an invented city; Ctrl-C stops it, its data stay in var/; ARGS="--size small"
	@exec yiwang demo $(ARGS)

serve: setup ## run the platform with the settings in YIWANG_*
	@exec yiwang serve $(ARGS)

test: lint ## everything that CI checks; STRICT=1 fails on anything left out
	@. tests/tools.sh && YIWANG_TEST_STRICT=$(STRICT) pytest -n 2 --dist worksteal $(ARGS) \
	  && echo "Once more what needs an engine and the database alone, on PostgreSQL $$OLDER_POSTGRES:" \
	  && YIWANG_TEST_STRICT=$(STRICT) YIWANG_TEST_POSTGRES=$$OLDER_POSTGRES pytest -n 2 -m "engine and not crash" $(ARGS)

lint: tools ## what can be seen without running: style, types, floors, templates, YAML, page scripts
	@fault=0; for check in "ruff check --output-format concise ." "ruff format --check --quiet ." mypy "lint-imports --no-logo" \
	    "djlint --quiet --lint src/yiwang/templates" "yamllint --strict ." "npm --prefix frontend run --silent check"; do \
	  $$check >.venv/lint 2>&1 || { echo "── $$check"; cat .venv/lint; fault=1; }; done; exit $$fault

format: tools ## rewrite Python and templates in the one style
	@ruff check --fix-only --quiet . && ruff format --quiet .
	@djlint --quiet --reformat src/yiwang/templates || true

tools: setup $(DONE)/dev ## install what testing and linting need

bench: tools ## measure against a direct baseline; SUITE=case
	@python -m bench $(SUITE) $(ARGS)

soak: tools ## a long proof, for instance that no crash loses anything; SUITE=crash
	@. tests/tools.sh && YIWANG_SOAK=1 pytest tests/$(SUITE) $(ARGS)

docs: tools ## write the generated pages of docs/reference anew
	@yiwang docs docs/reference

screenshots: tools ## contact sheets of every page at 1440 and 390 px and in 长者模式, in screenshots/
	@python -m tests.browser.screenshots $(ARGS)

lock: tools ## resolve the dependencies in pyproject.toml anew into requirements/*.txt
	@for extras in "runtime:" "build:--extra build" "dev:--extra build --extra dev"; do \
	  uv pip compile pyproject.toml --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-header \
	    $${extras#*:} -o requirements/$${extras%%:*}.txt || exit 1; done

clean: ## remove what was built and installed; var/ with its data stays
	rm -rf .venv build frontend/dist frontend/node_modules .mypy_cache .ruff_cache

# ── What the targets stand on ─────────────────────────────────────────────────────────────────────────────────────────────

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Run: apt-get install python3-venv"; rm -rf .venv; exit 1; }

$(DONE)/build: requirements/build.txt pyproject.toml | .venv/bin/python
	@echo "Installing what running needs …"
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r requirements/build.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p $(DONE) && touch $@

$(DONE)/dev: requirements/dev.txt $(DONE)/build
	@echo "Installing what testing needs …"
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r requirements/dev.txt
	@mkdir -p $(DONE) && touch $@

$(DONE)/pages: frontend/package.json frontend/package-lock.json | $(DONE)/build
	@echo "Installing what pages are built from …"
	@cd frontend && npm ci --silent --ignore-scripts --no-audit --no-fund
	@mkdir -p $(DONE) && touch $@

frontend/dist/manifest.json: $(DONE)/pages $(PAGES)
	@echo "Building pages …"
	@cd frontend && npm run --silent build -- --logLevel warn
	@touch $@

$(DONE)/texts: $(TEXTS) | $(DONE)/build
	@test -z "$(TEXTS)" || pybabel --quiet compile --directory src/yiwang/locale --domain django
	@mkdir -p $(DONE) && touch $@
