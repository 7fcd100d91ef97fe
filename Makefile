PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
VIEWER := 1.36.2

.DEFAULT_GOAL := help
.PHONY: help install viewer run test lint benchmark clean

help:  ## Show these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed  ## Make the virtual environment with everything in it

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m components.evaluate.viewer.install --version $(VIEWER)
	touch $@

run: install  ## Render a small capture and turn it into a scene: out/demo
	$(BIN)/kubesplat demo --output out/demo

test: install lint  ## Style, types and all tests
	$(BIN)/pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

benchmark: install  ## Print the measured comparisons
	for each in benchmarks/*.py; do $(BIN)/python $$each; done

clean:  ## Remove the virtual environment and all results
	rm -rf $(VENV) out
