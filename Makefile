# Commands of developers; `make` lists them. They run in the active virtual environment.

.PHONY: help install test unit lint format docs wheel coverage

help: ## Print this list.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

install: ## Install the project in place, with all that tests and documentation need.
	pip install -e ".[cpu,demo,dev,docs]"

test: ## Run all tests.
	pytest -n auto --dist worksteal

unit: ## Run the quick tests.
	pytest tests/unit tests/property

lint: ## Check format, style, types and imports.
	ruff format --check .
	ruff check .
	mypy
	lint-imports

format: ## Format the code and mend what can be mended.
	ruff format .
	ruff check --fix .

docs: ## Build the site into site/, with warnings as errors.
	mkdocs build --strict

wheel: ## Build a wheel into dist/ and check what is in it.
	rm -rf build dist
	python -m build --wheel
	python -m tests.wheel dist/*.whl

coverage: ## Run all tests, and fail where they reach too few lines.
	pytest -n auto --dist worksteal --cov
