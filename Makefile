# `make demo` shows it, `make check` checks a change, `make test` proves it. Each sets up .venv first.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)/.collections:$(CURDIR)/tests:$(CURDIR)/tests/platform
# Compiled once, beside the tree and not in it: a playbook begins a Python for each task.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/pycache
# Set on some machines: nothing would be kept, and each of some ten thousand processes would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo check test test-all unit integration contract molecule lint types sanity bench docs picture clean \
	platform platform-down platform-test gameday

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

setup: $(VENV)/.complete ## Build .venv with everything that the demo and the tests use

$(VENV)/.complete: tests/requirements.txt tests/requirements-schemas.txt tests/support/find_python.sh
	@echo "Setting up $(VENV) (about half a minute, once)"
	@rm -rf $(VENV)
	@"$$(sh tests/support/find_python.sh)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/requirements-schemas.txt
	@touch $@

demo: setup ## A real lock storm on a throw-away PostgreSQL, judged and ended before your eyes
	@$(BIN)/python tests/demo/demo.py

check: setup ## The inner loop: lint, types, unit and contract tests
	@$(BIN)/python tests/run.py check

test: setup ## Everything that can be checked on this machine; names what it leaves out (BUSY=1, DURATIONS=1)
	@$(BIN)/python tests/run.py

test-all: setup ## The full matrix: every PostgreSQL, every scenario, every game day (BUSY=1, DURATIONS=1)
	@$(BIN)/python tests/run.py --all

unit integration contract molecule lint types sanity: setup ## One part of `make test`
	@$(BIN)/python tests/run.py $@

platform: setup ## The stand-in platform to rehearse on, under Docker Compose
	@$(BIN)/python -m rehearsal up

platform-down: setup ## Remove it (IMAGES=1: and its images)
	@$(BIN)/python -m rehearsal down $(if $(IMAGES),--images)

platform-test: setup ## The platform's part of `make test`
	@$(BIN)/python tests/run.py platform

gameday: setup ## Break the platform on purpose, prove the runbooks (FAULT=name, REPEAT=n)
	@$(BIN)/python -m rehearsal gameday $(FAULT) --repeat $(or $(REPEAT),1)

bench: setup ## Measure, and write docs/benchmarks.md
	@$(BIN)/python tests/bench/bench.py

docs: setup ## Rewrite what is generated: tables, changelog, the graph of subjects, pages and charts of game days
	@$(BIN)/python tests/docs/known_names.py
	@$(BIN)/python tests/docs/announcement.py
	@$(BIN)/python tests/docs/role_tables.py
	@$(BIN)/python tests/docs/release_notes.py
	@$(BIN)/python tests/docs/subjects.py
	@$(BIN)/python tests/docs/return_keys.py
	@$(BIN)/python -m rehearsal.report

picture: setup ## Render the demo's output, the main screens and a post-mortem's page into docs/images
	@$(BIN)/python tests/demo/picture.py
	@$(BIN)/python tests/demo/screens.py
	@$(BIN)/python tests/demo/postmortem_picture.py

clean: ## Remove what the other commands built
	rm -rf $(VENV) .venv-bench .cache .mypy_cache .ruff_cache tests/output
