# Two commands for a fresh Debian machine with Python 3.11: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
export UV_PROJECT_ENVIRONMENT := $(VENV)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
# Where it is set, every process of a run compiles its thousands of modules anew: 9 s for `ioc`, as much for dbt.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo setup test test-fast test-long test-faults check format system-packages clean

demo: setup  ## the main job on synthetic data, then the dashboards (SERVE=0: only the job)
	$(BIN)/ioc demo
	@if [ "$(SERVE)" != "0" ]; then $(BIN)/ioc serve; fi

setup: $(BIN)/ioc  ## virtual environment with locked packages

# uv is installed inside the virtual environment, so nothing outside this folder changes.
$(BIN)/ioc: uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) 2>/dev/null || $(MAKE) --no-print-directory venv-package
	@test -x $(BIN)/uv || { $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"; }
	$(BIN)/uv sync --frozen --inexact --quiet
	@touch $(BIN)/ioc

# Debian ships Python without its venv module.
.PHONY: venv-package
venv-package:
	@if [ "$$(id -u)" != 0 ]; then echo "Python has no venv module; run as root: apt-get install python3-venv"; exit 1; fi
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv >/dev/null
	rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)

test: setup system-packages  ## everything CI runs besides `make check`
	$(BIN)/pytest -n 2 --dist loadgroup --hypothesis-profile=fast -m "not long"

test-long: setup system-packages  ## whole journeys and exhaustive comparisons, some twenty minutes
	$(BIN)/pytest -n 2 --dist loadgroup --timeout=1200 -m long

test-fast: setup  ## under a minute: no servers, browsers or full builds
	$(BIN)/pytest -n 2 --hypothesis-profile=fast -m "not slow and not long and not browser"

test-faults: setup  ## the promises under faults in full, up to 15 minutes; writes docs/promises.md
	IOC_FAULTS=full $(BIN)/pytest -n 2 --dist loadgroup --timeout=1200 tests/faults

check: setup  ## lint, format, types, import rules, SQL, lock file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --config dbt_project/.sqlfluff --processes 2 dbt_project/models
	$(BIN)/uv lock --check --quiet

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Real servers and a browser for tests. Where they may not be installed, their tests skip and say so.
SYSTEM_PACKAGES := prometheus prometheus-node-exporter chromium postgresql mosquitto
system-packages:
	@missing=""; for p in $(SYSTEM_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing$$missing"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qq -y --no-install-recommends $$missing; } >/dev/null 2>&1 \
	    || echo "Could not install$$missing; tests that need them will skip."; \
	else echo "Not installed:$$missing; tests that need them will skip (as root: apt-get install$$missing)."; fi

clean:
	rm -rf $(VENV) dbt_project/target dbt_project/logs
