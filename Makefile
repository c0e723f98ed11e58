# Every chore has one door. `make run` and `make test` do all they need on a fresh Debian 12 with python3 (3.11+), git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Programs that the tests run for real: namespaces and firewall rules, peers, Prometheus, PostgreSQL, a browser, an office suite, fonts.
SYSTEM := iproute2 nftables fping prometheus prometheus-alertmanager prometheus-blackbox-exporter prometheus-smokeping-prober util-linux curl \
  systemd faketime debootstrap postgresql pgbouncer sqlite3 chromium libreoffice-calc-nogui fonts-noto-cjk poppler-utils \
  libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libatomic1

.PHONY: run test check lint types contracts unit bench lab accuracy faults fuzz fmt words dashboards install uninstall clean system help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/.run: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "linewatch needs Python 3.11 or newer, $(PYTHON) is older"; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv >/dev/null; \
	  $(PYTHON) -m venv $(VENV); }
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

run: $(VENV)/.run  ## watch the line of this host with SQLite; Ctrl-C ends it
	@[ -e linewatch.toml ] || $(BIN)/linewatch init --config linewatch.toml
	@exec $(BIN)/linewatch run --config linewatch.toml

system:
	@missing=$$(for p in $(SYSTEM); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); [ -z "$$missing" ] || { $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }

test: system check unit  ## all checks and all tests, with what they need

check: lint types contracts  ## ruff, mypy --strict, import contracts

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports --no-logo

# What only computes, and what lives by the clock (rounds, servers, namespaces): one after the other, so that the first takes no time from the second.
KEEPS_TIME := tests/deploy tests/end_to_end tests/lab tests/probe tests/store tests/watch tests/notify tests/web
# The second mostly waits, so three run at once, in the order of their names: the long ones come first.
PYTEST := $(BIN)/pytest -q --dist loadfile --cov --cov-report= --cov-fail-under=0

unit: $(VENV)/.dev
	@$(BIN)/coverage erase
	$(PYTEST) -n 2 $(KEEPS_TIME:%=--ignore=%) $(ARGS)
	LINEWATCH_FULL_LENGTH=1 $(PYTEST) -n 3 --no-loadscope-reorder --cov-append $(KEEPS_TIME) $(ARGS)
	$(BIN)/coverage report

bench: system $(VENV)/.dev  ## the measurements, side by side with the peers
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

SCENARIO ?= tests/lab/scenarios/outage-line-010s.toml
SCALE ?= 1
lab: system $(VENV)/.dev  ## play a scenario on a line in a box, truth beside verdict: make lab SCENARIO=tests/lab/scenarios/flapping.toml SCALE=5
	@$(BIN)/python -m tests.lab.play $(SCENARIO) --scale $(SCALE) $(ARGS)

accuracy: system $(VENV)/.dev  ## measure our error and the peers' on lines whose truth is known; writes docs/accuracy.md (half an hour)
	@$(BIN)/python -m tests.lab.accuracy $(ARGS)

faults: system $(VENV)/.dev  ## what faults do to the daemon, and fuzzing; writes docs/faults.md (ten minutes)
	@$(BIN)/python -m tests.toll

fuzz: $(VENV)/.dev  ## the fuzz tests with a hundred times the cases of the suite, or as many as LINEWATCH_FUZZ says
	@LINEWATCH_FUZZ=$${LINEWATCH_FUZZ:-100} $(BIN)/pytest -q -m fuzz -o timeout=7200 --hypothesis-show-statistics tests

fmt: $(VENV)/.dev  ## put the code in form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

LOCALE := linewatch/report/locale
words: $(VENV)/.dev  ## bring the catalogues of words up to the code, and compile them
	@PYTHONPATH=. $(BIN)/pybabel -q extract -F pyproject.toml -k words --no-location --omit-header --sort-output -o $(LOCALE)/linewatch.pot .
	@$(BIN)/pybabel -q update -D linewatch -i $(LOCALE)/linewatch.pot -d $(LOCALE) -w 140 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel -q compile -D linewatch -d $(LOCALE)
	@rm $(LOCALE)/linewatch.pot

dashboards: $(VENV)/.dev  ## write Grafana's dashboards from their code
	$(BIN)/python grafana/build.py

install:  ## this host, as root: program in /opt/linewatch, configuration in /etc/linewatch, record in /var/lib/linewatch, a systemd service
	@deploy/install.sh

uninstall:  ## takes program and service away; configuration and record stay
	@deploy/uninstall.sh

clean:  ## forget the virtual environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
