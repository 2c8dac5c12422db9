# Needs git, make and Python 3.11 or newer; everything else is installed into .venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.installed
export PYTHONPATH := $(CURDIR)/plugins:$(CURDIR)/include:$(CURDIR)/tests


.PHONY: help setup demo test check format requirements bench faults preview up down sandbox clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(READY) ## make the virtual environment in .venv

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found: make PYTHON=python3.12 setup"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.txt)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.txt
	@touch $(READY)

demo: $(READY) ## two campaigns from contact list to report, in a real Airflow, against the sandbox
	@$(BIN)/python -m ovh_demo demo

# Most tests two at a time; then those that start a real Airflow or measure, one after the other. Both parts always run.
test: $(READY) ## every test
	@trap 'exit 130' INT; \
	$(BIN)/python -m pytest -m 'not alone' -n 2 --dist loadfile; beside=$$?; \
	$(BIN)/python -m pytest -m alone && exit $$beside

check: $(READY) ## ruff, ruff format, mypy --strict, import-linter, pins
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@mkdir -p build && cp requirements.txt build/requirements.txt
	$(BIN)/uv pip compile --quiet $(COMPILE) requirements.in -o build/requirements.txt
	@diff requirements.txt build/requirements.txt || { echo "requirements.txt is not what requirements.in gives: make requirements"; exit 1; }

COMPILE := --universal --python-version 3.11 --no-annotate --no-header --no-emit-index-url

format: $(READY) ## let ruff mend what it can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

requirements: $(READY) ## make requirements.txt from requirements.in
	$(BIN)/uv pip compile --quiet $(COMPILE) requirements.in -o requirements.txt

bench: $(READY) ## measure speed and memory beside a baseline, into build/bench.json
	@$(BIN)/python -m bench

faults: $(READY) ## more than 1,000 faults against campaigns and orders, nothing twice, nothing lost; up to an hour
	@$(BIN)/python -m faults --minutes 38 --airflow 250

preview: $(READY) ## what a campaign would send and cost, as: make preview CAMPAIGN=spring
	@test -n '$(CAMPAIGN)' || { echo 'Name a campaign of include/campaigns: make preview CAMPAIGN=spring'; exit 2; }
	@"$(BIN)/python" -m ovh_sms preview '$(CAMPAIGN)'

up: $(READY) ## Airflow with its UI and the sandbox, kept running
	@$(BIN)/python -m ovh_demo up

down: $(READY) ## end what `make up` started
	@$(BIN)/python -m ovh_demo down

sandbox: $(READY) ## the sandbox alone, until Ctrl-C
	@mkdir -p build && $(BIN)/python -m ovh_sandbox --port 8090 --state build/sandbox.sqlite --seed 1

clean: down ## remove what was built (not the virtual environment)
	rm -rf build
