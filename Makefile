# Everything a person or a CI runs. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3

VENV := $(CURDIR)/.venv/bin
# JAVA_HOME is known only after setup, so recipes source it from the file that setup writes.
ENV := . .cache/env.sh &&

# Our folders have common names (pipelines, training, …): nothing is imported because it lies in the current folder.
export PYTHONSAFEPATH := 1
# Spark's workers must be this environment's Python, or they miss pyarrow.
export PYSPARK_PYTHON := $(VENV)/python
export PYSPARK_DRIVER_PYTHON := $(VENV)/python
# A SPARK_HOME of another Spark would replace the PySpark of the lock.
unexport SPARK_HOME PYTHONPATH VIRTUAL_ENV

# Packages that exist so far, so that the checks can be run from the first commit on.
with_init = $(patsubst %/__init__.py,%,$(wildcard $(addsuffix /__init__.py,$(1))))
TYPED := $(call with_init,washplant connectors annotation training pipelines airflow_dags sandbox scripts)
BENCHMARKS := connectors cleaning cleaning_quality dedup annotation export nightly rag_sync
benchmark_of = $(firstword $(wildcard benchmarks/$(1).py benchmarks/$(1)/__main__.py))

.PHONY: help setup demo test test-full lint bench clean locks airflow-up

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## make .venv from locks/ and find (or fetch) Java; seconds when nothing has changed
	@$(PYTHON) scripts/bootstrap.py

demo: setup ## run the water-utility example from source rows to a published dataset version
	@$(ENV) $(VENV)/python examples/water-utility/demo.py

test: setup lint ## lint, then every test that is not marked `full`
	@$(ENV) $(VENV)/python -m pytest -m "not full" $(PYTEST_ARGS)

test-full: setup lint ## lint, then every test, the slow and large ones too
	@$(ENV) $(VENV)/python -m pytest $(PYTEST_ARGS)

lint: setup ## ruff, mypy, and the import directions
	@$(VENV)/ruff check .
	@$(VENV)/mypy $(TYPED)
	@$(VENV)/lint-imports --no-cache

airflow-up: setup ## start Airflow on loopback with the DAGs of the examples (python -m sandbox down airflow)
	@$(ENV) $(VENV)/python -m sandbox up airflow

bench: setup ## run every benchmark beside its peers (BENCH_ARGS=--quick for a short one)
	@$(ENV) set -e; for name in $(foreach b,$(BENCHMARKS),$(if $(call benchmark_of,$(b)),$(b))); do \
		echo "== benchmarks.$$name"; $(VENV)/python -m benchmarks.$$name $(BENCH_ARGS); done

clean: ## remove what setup, demo, builds and tests have made
	@rm -rf .venv .cache .demo build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
		spark-warehouse metastore_db derby.log
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

locks: ## write locks/*.txt anew from pyproject.toml (UPGRADE=1: with newer versions)
	@$(PYTHON) scripts/make_locks.py $(if $(UPGRADE),--upgrade)
