# Needs git, make and Python 3.11 or newer; everything else is installed into .venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.installed
export PYTHONPATH := $(CURDIR)/plugins:$(CURDIR)/include:$(CURDIR)/tests
# Tests start hundreds of processes: each would compile Airflow anew.
unexport PYTHONDONTWRITEBYTECODE


.PHONY: help setup demo test test-services test-next check format requirements sbom bench credits faults lists load mutants preview docs docs-serve schemas up airflow down sandbox clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(READY) ## make the virtual environment in .venv, with the package in it

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found: make PYTHON=python3.12 setup"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.txt)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## three campaigns from contact list to report, in a real Airflow, against the sandbox
	@$(BIN)/python -m ovh_demo demo

# Most tests five at a time, as they mostly wait; then those that start a real Airflow or measure, four at a time. Both parts always run.
test: $(READY) ## every test that needs no service of the machine
	@trap 'exit 130' INT; \
	$(BIN)/python -m support.ci_tests -m 'not alone and not services' -n 5 --dist loadfile --no-loadscope-reorder; beside=$$?; \
	$(BIN)/python -m support.ci_tests -m 'alone and not services' -n 4 --dist loadfile --no-loadscope-reorder && exit $$beside

test-services: $(READY) ## tests that need PostgreSQL, Redis, a browser or a package registry; tests/services/install.sh
	@trap 'exit 130' INT; \
	$(BIN)/python -m support.ci_tests -m 'services and not alone' -n 3 --dist loadfile; beside=$$?; \
	$(BIN)/python -m support.ci_tests -m 'services and alone' -n 3 --dist loadfile && exit $$beside

PORT ?= 8080

NEXT := .venv-next
NEXT_AIRFLOW := 'apache-airflow[standard]>=3.4.0b2,<3.5' 'apache-airflow-core>=3.4.0b2' 'apache-airflow-task-sdk>=1.4.0b2'

$(NEXT)/.installed: $(READY) requirements.in requirements.txt
	@mkdir -p build && grep -vE '^apache-airflow(-core|-task-sdk)?==' requirements.txt > build/pins-next.txt
	@grep -v '^apache-airflow\[' requirements.in > build/requirements-next.in
	@test -x $(NEXT)/bin/python || $(BIN)/python -m venv --without-pip $(NEXT)
	@$(BIN)/uv pip install --quiet --python $(NEXT)/bin/python --constraint build/pins-next.txt \
	  $(NEXT_AIRFLOW) --requirement build/requirements-next.in
	@$(BIN)/uv pip install --quiet --python $(NEXT)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

test-next: $(NEXT)/.installed ## the parts that touch Airflow, on Airflow 3.4
	$(NEXT)/bin/python -m pytest -m 'not services' -n 3 --dist loadfile tests/dags tests/idempotency \
	  $(wildcard $(addprefix tests/unit/,dashboard hooks never_twice operators sending sensors triggers))

check: $(READY) ## ruff, ruff format, mypy --strict, import-linter, pins and their hashes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@mkdir -p build && cp requirements.txt build/requirements.txt
	$(BIN)/uv pip compile --quiet $(COMPILE) requirements.in -o build/requirements.txt
	@sed -nE 's/^([^ ].*) \\$$/\1/p' requirements.hashes.txt | diff requirements.txt - || { echo "requirements.hashes.txt has other pins: make requirements"; exit 1; }
	@diff requirements.txt build/requirements.txt || { echo "requirements.txt is not what requirements.in gives: make requirements"; exit 1; }

COMPILE := --universal --python-version 3.11 --no-annotate --no-header --no-emit-index-url

format: $(READY) ## let ruff mend what it can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

requirements: $(READY) ## make requirements.txt from requirements.in, and the same pins with hashes
	$(BIN)/uv pip compile --quiet $(COMPILE) requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet $(COMPILE) --generate-hashes --constraint requirements.txt requirements.in -o requirements.hashes.txt

sbom: $(READY) ## the bill of materials of what runs, CycloneDX, into build/sbom.cdx.json
	@$(BIN)/python -m support.sbom build/sbom.cdx.json

bench: $(READY) ## measure speed and memory beside a baseline, into build/bench.json
	@$(BIN)/python -m bench

faults: $(READY) ## more than 2,250 faults against campaigns, orders, replies, single SMS and users, nothing twice, nothing lost; more than an hour
	@$(BIN)/python -m faults --injected 1400 --minutes 42 --airflow 250
	@$(BIN)/python -m faults --via ovh_batches --injected 200 --minutes 25
	@$(BIN)/python -m faults --user desk --injected 200 --minutes 25
	@$(BIN)/python -m faults.inbound --injected 200
	@$(BIN)/python -m faults.outbox --injected 350
	@$(BIN)/python -m faults.users --injected 150

lists: $(READY) ## damaged contact lists, compared with what was meant, into build/lists.json; some minutes
	@$(BIN)/python -m list_proof

credits: $(READY) ## a simulated year of three accounts whose credits are ordered by the rules, into build/credits.json
	@$(BIN)/python -m credits_year

load: $(READY) ## 100 campaigns at once in a real Airflow, and a simulated day of 200, into build/load.json; 20 to 30 minutes
	@$(BIN)/python -m load

mutants: $(READY) ## break one guard after the other in a copy; a test must notice each
	@$(BIN)/python -m mutants

preview: $(READY) ## what a campaign would send and cost, as: make preview CAMPAIGN=spring ARGS='--line 3'
	@test -n '$(CAMPAIGN)' || { echo 'Name a campaign of include/campaigns: make preview CAMPAIGN=spring'; exit 2; }
	@"$(BIN)/python" -m ovh_sms preview '$(CAMPAIGN)' $(ARGS)

export NO_MKDOCS_2_WARNING := 1

docs: $(READY) ## the site of the documentation, into build/docs: open build/docs/index.html
	@$(BIN)/python -m mkdocs build --quiet
	@echo "build/docs/index.html"

docs-serve: $(READY) ## the site of the documentation, made anew at each change: http://127.0.0.1:8000
	@$(BIN)/python -m mkdocs serve --watch include/ovh_docs --watch plugins

schemas: $(READY) ## the JSON Schemas of campaign and account files, from their models
	@mkdir -p build
	@$(BIN)/ovh-sms schema campaign > build/campaign.schema.json && mv build/campaign.schema.json include/campaigns/
	@$(BIN)/ovh-sms schema account > build/account.schema.json && mv build/account.schema.json include/accounts/

up: $(READY) ## Airflow with its UI and the sandbox, kept running
	@$(BIN)/python -m ovh_demo up --port $(PORT)

airflow: $(READY) ## the command airflow for what `make up` started, as: make airflow ARGS='connections list'
	@test -e build/up/airflow.env || { echo 'There is no Airflow yet: make up'; exit 2; }
	@set -a && . build/up/airflow.env && PYTHONWARNINGS=ignore "$(BIN)/airflow" $(ARGS)

down: $(READY) ## end what `make up` started
	@$(BIN)/python -m ovh_demo down

sandbox: $(READY) ## the sandbox alone, until Ctrl-C
	@mkdir -p build && $(BIN)/python -m ovh_sandbox --port 8090 --state build/sandbox.sqlite --seed 1

clean: down ## remove what was built (but not .venv)
	rm -rf build $(NEXT)
