# The commands of this project. `make help` lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Any Python 3.13 will do to start with; everything else runs in .venv.
PYTHON ?= $(shell for p in python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && echo $$p && break; \
	done)
MESH := .venv/bin/mesh
BACKEND ?= embedded

.PHONY: help setup build up down status check test bench clean lock

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make the environment in .venv (every other command does it by itself)
	@test -n "$(PYTHON)" || { echo "Python 3.13 is needed and was not found. Install it (e.g. 'pyenv install 3.13', 'apt install python3.13-venv', 'brew install python@3.13') or say where it is: make PYTHON=/path/to/python3.13"; exit 1; }
	@$(PYTHON) ops/environment.py
