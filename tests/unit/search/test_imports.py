"""Heavy modules are imported only when they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_help_waits_for_nothing_heavy() -> None:
    heavy = {"PIL", "faiss", "onnxruntime", "rich", "sqlite_utils", "torch"}
    code = f"import sys, search.cli; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_program_that_imports_search_waits_for_nothing_heavy() -> None:
    heavy = {
        "PIL", "asyncio", "faiss", "fastapi", "langchain_core", "llama_index", "mcp", "onnxruntime",
        "pydantic", "rich", "sqlite_utils", "torch", "transformers", "typer",
    }  # fmt: skip
    code = f"import sys, search; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_errors_come_with_search_when_they_are_named() -> None:
    code = "import sys; from search import QueryError; from store import QueryError as same; "
    code += "print(QueryError is same)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_a_name_that_search_has_not_is_none() -> None:
    import search

    with pytest.raises(AttributeError, match="has no attribute 'searhc'"):
        _ = search.searhc


def test_a_search_waits_for_nothing_that_it_does_not_use() -> None:
    unused = {"PIL", "asyncio", "concurrent.futures", "numpy.ma", "sqlite_utils", "tempfile"}
    code = (
        "import sys, search.commands.search, store, fusion.runtime.onnx_search_model\n"
        "from search.ranking.said_words import asked_words, strengths_of\n"
        "assert strengths_of(asked_words(['couch']), ['a sofa']) == [0.8]\n"
        f"print(sorted({unused!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
