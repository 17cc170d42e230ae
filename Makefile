# Everything a person types. `make run` and `make test` are enough to begin; docs/operate.md tells the rest.

.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-bench run serve test lower lint js tools models bench soak backup restore

PORT ?= 8000
WORKERS ?= logical
LOWER := tests/projects tests/taskers

# The first Python that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv/bin/python

help:
	@echo "make run [PORT=9000]   start everything on this machine, with a demo"
	@echo "make test              every test and check"
	@echo "make serve             the production start (docs/operate.md)"
	@echo "make backup DIR=...    write a backup        make restore DIR=...  read it back"
	@echo "make lint | js         parts of make test    make bench | soak     measure, torture"

setup setup-test setup-bench:
	@test -n "$(PYTHON)" || { echo "tandem: Python 3.11 or newer is needed: install it, or set PYTHON to it." >&2; exit 1; }
	@$(PYTHON) config/install.py $(if $(filter setup-test,$@),test) $(if $(filter setup-bench,$@),test bench)

run: setup
	@$(VENV) -m config run --port $(PORT)

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
	$(VENV) -m pytest -n $(WORKERS) --dist loadgroup $(LOWER:%=--ignore=%)

lower: setup-test
	$(VENV) -m pytest -q -n $(WORKERS) --ds=tests.settings_without_assist $(LOWER)

lint: setup-test
	$(VENV) -m ruff check .
	$(VENV) -m mypy .
	$(VENV) -m djlint --lint --quiet templates

js:
	node --test $$(find tests/js -name '*.test.js' | sort)

tools:
	@command -v node >/dev/null || { echo "tandem: node is missing, and the JavaScript tests need it: on Debian, apt install nodejs." >&2; exit 1; }
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || test -x "$$TANDEM_CHROMIUM" || { echo "tandem: chromium is missing, and the browser tests need it: on Debian, apt install chromium-headless-shell; elsewhere set TANDEM_CHROMIUM to its path." >&2; exit 1; }

models: setup-test
	@$(VENV) -m assist.adapters fetch

bench: setup-bench
	@$(VENV) -m benchmarks

soak: setup-test
	@$(VENV) -m benchmarks soak
