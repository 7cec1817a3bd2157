# The commands of this project; `make help` lists them.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A server of yours for up, down and status, e.g. make up SERVER=../weather/server.py
SERVER ?=
# Any Python 3.13 will do to start with; everything else runs in .venv.
PYTHON ?= $(shell for p in python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && echo $$p && break; \
	done)
# embedded (the index in the zip), or supabase: started on this machine too
BACKEND ?= embedded
# What to answer from instead of this project,
# e.g. make up KNOWLEDGE=../handbook GIT=../service JIRA=tickets.csv JIRA_URL=https://jira.example.com
KNOWLEDGE ?=
GIT ?=
JIRA ?=
JIRA_URL ?=
# The documents' address on the web, e.g. BASE_URL=https://docs.example.com, and JIRA_COMMENTS=1
BASE_URL ?=
JIRA_COMMENTS ?=
# What the benchmark is given, e.g. make bench BENCH='--rounds 5 --only bare,ours'
BENCH ?=
# What pytest is given, e.g. make test PYTEST='-k rollback'
PYTEST ?=
# How much torture: MINUTES (ten) or COUNT, e.g. make torture COUNT=1000000 SEED=7
MINUTES ?=
COUNT ?=
SEED ?=
# Which mutants, e.g. make mutate MUTATE='--package access --sample 100 --seed 2'
MUTATE ?=
# The zip for make rie, of any server; without it, one of a small server is built
ZIP ?=
# FastMCP's examples for make compatibility; without it they come from PyPI
EXAMPLES ?=
# Where make compatibility keeps results, so that an interrupted run goes on: RESULTS=results.jsonl
RESULTS ?=

.PHONY: help setup build wheel up down status check format docs test test-all test-rest rehearse rie mutate torture compatibility bench \
	bench-quick bench-saves bench-retrieval bench-scale bench-grounding bench-ingestion bench-refusals lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-15s %s\n", $$1, $$2}' Makefile

setup: ## Make the environment in .venv (the others do it by themselves)
	@test -n "$(PYTHON)" || { echo "Python 3.13 is needed and was not found. Install it ('pyenv install 3.13', 'apt install python3.13-venv', 'brew install python@3.13') or say where it is: make PYTHON=/path/to/python3.13"; exit 1; }
	@$(PYTHON) -m mesh.build.environment

build: setup ## Build the zip for AWS, dist/mesh-arm64.zip
	@.venv/bin/python build.py

wheel: setup ## Build the wheel of the mesh command, which runs servers from anywhere
	@.venv/bin/uv build --quiet --wheel --no-build-isolation --out-dir dist .
	@ls dist/*.whl

up: setup ## Build, start AWS on this machine, deploy, smoke-test, leave it running
	@.venv/bin/mesh up $(if $(SERVER),"$(SERVER)",--backend $(BACKEND)) \
	$(foreach folder,$(KNOWLEDGE),--knowledge $(folder)) $(foreach folder,$(GIT),--git $(folder)) \
	$(foreach file,$(JIRA),--jira $(file)) $(if $(JIRA_URL),--jira-url $(JIRA_URL)) \
	$(foreach url,$(BASE_URL),--base-url "$(url)") $(if $(JIRA_COMMENTS),--jira-comments)

down: setup ## Destroy and stop what `make up` started; KEEP=1 only stops it
	@.venv/bin/mesh down $(if $(SERVER),"$(SERVER)") $(if $(KEEP),--keep-state)

status: setup ## Say what runs
	@.venv/bin/mesh status $(if $(SERVER),"$(SERVER)")

check: setup ## Format, lint, types, imports, Terraform, prose, workflows
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache > .mesh/imports.log || { cat .mesh/imports.log; exit 1; }
	@.venv/bin/mesh terraform-check examples/fargate-dynamic-ip examples/cognito
	@.venv/bin/python -m tests.prose
	@.venv/bin/zizmor --offline --no-progress --quiet --persona pedantic .github mesh/init/project/workflows
	@.venv/bin/hadolint mesh/build/container/*.Dockerfile
	@.venv/bin/actionlint .github/workflows/*.yml mesh/init/project/workflows/*.yml

format: setup ## Put the code into its form
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix --quiet .
	@terraform fmt -recursive terraform

docs: setup ## Write the pages of docs/ that are made from the code
	@.venv/bin/mesh docs

test: setup ## Run the unit tests, and one test of each promise of the README (minutes)
	@$(RUN_TESTS) -m "unit or promise" $(PYTEST)

test-all: setup ## Run every test, and the common scenarios of make rehearse
	@$(RUN_TESTS) -m "not rehearsal" $(PYTEST)

test-rest: setup ## Run the tests that `make test` leaves out
	@$(RUN_TESTS) -m "not unit and not promise and not rehearsal" $(PYTEST)
# Each file in one process: its tests share what its fixtures start. tests/conftest.py says how many.
# Containers often forbid Python to keep bytecode. Then each worker would compile all tests, each time.
RUN_TESTS := env -u PYTHONDONTWRITEBYTECODE .venv/bin/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder --durations 10

rehearse: setup ## Run the workflow files of .github against local AWS, every scenario
	@.venv/bin/pytest tests/acceptance/rehearsal -m "rehearsal or not rehearsal" --durations 0 $(PYTEST)

rie: setup ## Run a zip under AWS's own emulator, and compare with local AWS (ZIP=dist/mesh-x86_64.zip)
	@$(if $(ZIP),RIE_ZIP="$(abspath $(ZIP))") .venv/bin/pytest tests/acceptance/container/test_emulator.py \
	--durations 3 $(PYTEST)

mutate: setup ## Change the code in small ways, and count the changes that a test notices
	@.venv/bin/python -m tests.mutation $(MUTATE)

torture: setup ## Throw odd input at the server (MINUTES=10 or COUNT=, SEED= to repeat)
	@.venv/bin/python -m tests.torture $(if $(MINUTES),--minutes $(MINUTES)) \
	$(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

compatibility: setup ## Try servers of others (EXAMPLES=fastmcp/examples, PUBLISH=1: into docs/)
	@.venv/bin/python -m tests.compatibility $(if $(EXAMPLES),--examples "$(EXAMPLES)") \
	$(if $(RESULTS),--keep "$(RESULTS)") $(if $(PUBLISH),--publish)

bench-saves: setup ## Measure how soon a save answers under mesh dev (PUBLISH=1: into docs/)
	@.venv/bin/python -m benchmarks.saves $(if $(PUBLISH),--publish)

bench: setup ## Measure cold starts and warm calls beside others (PUBLISH=1: into docs/)
	@.venv/bin/python -m benchmarks.starts $(if $(PUBLISH),--publish) $(BENCH)

bench-quick: setup ## The same in few rounds, minutes
	@.venv/bin/python -m benchmarks.starts --rounds 2 --calls 20 --growth-rounds 0 --no-builds \
	--no-instructions $(BENCH)

bench-retrieval: setup ## Measure how often a search finds the right document first
	@.venv/bin/python -m benchmarks.retrieval

bench-scale: setup ## Measure searches over 100,000 real passages
	@.venv/bin/python -m benchmarks.retrieval.scale

bench-grounding: setup ## Measure how often the check of answers errs
	@.venv/bin/python -m benchmarks.grounding

bench-ingestion: setup ## Measure ingestion and searches of 50,000 passages
	@.venv/bin/python -m benchmarks.ingestion

bench-refusals: setup ## Measure what refusals and bodies cost (PUBLISH=1: into docs/)
	@.venv/bin/python -m benchmarks.refusals $(if $(PUBLISH),--publish)

lock: setup ## Resolve requirements/ again into the locks with hashes
	@for name in uv mesh lambda runtime clients checkov atheris mutation; do \
	.venv/bin/uv pip compile requirements/$$name.in --output-file requirements/$$name.txt $(LOCK); done
	@for name in awslabs official-sdk search usual; do .venv/bin/uv pip compile \
	requirements/peers/$$name.in --output-file requirements/peers/$$name.txt $(LOCK); done
	@.venv/bin/uv pip compile --no-deps requirements/emulator.in --output-file requirements/emulator.txt $(LOCK)
	@for name in node node-assistants; do npm install --prefix requirements/$$name --package-lock-only \
	--omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --loglevel=error; done
	@.venv/bin/uv pip compile requirements/dev.in --output-file requirements/dev.txt \
	-c requirements/lambda.txt -c requirements/runtime.txt $(LOCK)
	@.venv/bin/uv pip compile requirements/meaning.in --no-deps --output-file requirements/meaning.txt $(LOCK)
	@.venv/bin/uv pip compile requirements/deploy.in --output-file requirements/deploy.txt $(LOCK)
# No header and no annotations: they would name package indexes and this machine's paths.
LOCK := --generate-hashes --python-version 3.13 --universal --no-header --no-annotate --quiet

clean: down ## Remove everything that these commands made, the environment too
	@rm -rf .venv .mesh dist .pytest_cache .mypy_cache .ruff_cache
