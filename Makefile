# Everything a person types. `make run`, `make check` and `make test` are enough to begin; docs/operate.md tells the rest.

.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-bench run serve check test torture pure lower lint lock js tools models bench soak backup restore

PORT ?= 8000
DEMO ?= yes
MODELS ?= $(or $(TANDEM_MODEL_SET),small)
export TANDEM_MODEL_SET := $(MODELS)
# Where nothing compiled is kept, each of a dozen processes compiles all of the source, and tests also what they assert.
unexport PYTHONDONTWRITEBYTECODE
WORKERS ?= logical
# One more than there are processors: pages wait for a server that waits for its models, and one of them stands still.
WIDER ?= $(shell expr $$($(VENV) -c 'import os; print(os.cpu_count())') + 1)
TIERS ?= not torture
LOWER := tests/projects tests/taskers
CLIENT := $(patsubst %,tests/client/test_%.py,answers downloads models rows signatures transport)
PURE := $(CLIENT) tests/test_architecture.py tests/test_words.py $(patsubst %,tests/assist/test_%.py,help_report protocol prototypes session_classes specks planted_errors weights)

# The first Python that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv/bin/python

help:
	@echo "make run [PORT=9000]   start everything on this machine, with a demo; DEMO=no starts empty; MODELS=none, small, all"
	@echo "make check             lint, types, JavaScript, pure Python, the lower floors: after each change"
	@echo "make test              all that must hold: before a change is sent"
	@echo "make torture           soaks, chaos with real models, memory, attackers with many worlds, all rounds: before a release"
	@echo "make serve             the production start (docs/operate.md)"
	@echo "make backup DIR=...    write a backup        make restore DIR=...  read it back"
	@echo "make lock [UPGRADE=yes]  write the versions and hashes of all packages anew, as pyproject.toml and package.json ask"
	@echo "make lint | js | lower parts of make check   make bench | soak     measure, kill for an hour"

setup setup-test setup-bench:
	@test -n "$(PYTHON)" || { echo "tandem: Python 3.11 or newer is needed: install it, or set PYTHON to it." >&2; exit 1; }
	@$(PYTHON) config/install.py $(COMPILED) $(if $(filter setup-test,$@),test) $(if $(filter setup-bench,$@),test bench)

# All packages are compiled ahead for what starts many processes or may not write to them, as tests and a service; who
# only looks doesn't wait for that: a first start compiles what it imports, in a fifth of the time.
COMPILED := --compiled
run: COMPILED :=
run: setup
	@$(VENV) -m config run --port $(PORT) $(if $(filter no,$(DEMO)),--no-demo)

serve: setup
	@$(VENV) -m config serve

backup restore: setup
	@test -n "$(DIR)" || { echo "tandem: say where: make $@ DIR=/path/to/a/folder" >&2; exit 1; }
	@$(VENV) -m config $@ "$(DIR)"

# pytest comes last, so that its closing line is the last one. The lower floors' tests run with the copilot taken out,
# which is how they must pass; plain `pytest` runs them beside it too. The checks of the source keep one processor busy
# and let the others stand still, so they run beside these tests.
test: setup-test tools models js
	@$(MAKE) --no-print-directory -j 2 lint lower
	$(VENV) -m pytest -n $(WIDER) --dist loadgroup $(LOWER:%=--ignore=%)

# What is quick to know: all but the browser, the copilot, the processes and the races, and tests that take seconds each.
check: setup-test node_modules js
	@$(MAKE) --no-print-directory -j 2 lint lower TIERS="not torture and not slow"
	@$(MAKE) --no-print-directory pure

# Beside what takes minutes: all rounds of what `make test` goes through a third of (tests/support/rounds.py).
torture: setup-test tools models
	TANDEM_TEST_ROUNDS=all $(VENV) -m pytest -m "torture or hypothesis or rounds"
	@$(VENV) -m benchmarks soak

pure: setup-test
	$(VENV) -m pytest -q $(PURE)

lower: setup-test
	$(VENV) -m pytest -q -n $(WORKERS) -m "$(TIERS)" --ds=tests.settings_without_assist $(LOWER)

lint: setup-test node_modules
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check --quiet .
	$(VENV) -m mypy .
	$(VENV) -m djlint --lint --quiet templates
	node_modules/.bin/eslint static/js tests/js
	node_modules/.bin/tsc --project tsconfig.json

# The checkers of JavaScript, as package-lock.json names them; nothing of them is needed to run.
node_modules: package.json package-lock.json
	@$(NPM_IS_THERE)
	@npm ci --no-audit --no-fund --loglevel=error
	@touch node_modules

NPM_IS_THERE = command -v npm >/dev/null || { echo "tandem: npm is missing, and the JavaScript checks need it: on Debian, apt install npm." >&2; exit 1; }

# The exact version and hash of every package, of Python's and of JavaScript's. What pyproject.toml and package.json don't
# demand stays as it is, unless UPGRADE=yes.
lock:
	@$(NPM_IS_THERE)
	@$(PYTHON) -m config.lock $(if $(filter yes,$(UPGRADE)),--upgrade)
	@npm $(if $(filter yes,$(UPGRADE)),update,install) --package-lock-only --no-audit --no-fund --loglevel=error

js:
	node --test tests/js/all.js

tools:
	@command -v node >/dev/null || { echo "tandem: node is missing, and the JavaScript tests need it: on Debian, apt install nodejs." >&2; exit 1; }
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || test -x "$$TANDEM_CHROMIUM" || { echo "tandem: chromium is missing, and the browser tests need it: on Debian, apt install chromium-headless-shell; elsewhere set TANDEM_CHROMIUM to its path." >&2; exit 1; }

models: setup-test
	@$(VENV) -m assist.adapters fetch

bench: setup-bench
	@$(VENV) -m benchmarks

soak: setup-test
	@$(VENV) -m benchmarks soak
