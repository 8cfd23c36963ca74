"""The error when a framework is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("framework", "module", "extra"),
    [
        ("langchain_core", "langchain", "langchain"),
        ("llama_index", "llama_index", "llama-index"),
        ("mcp", "mcp_server", "mcp"),
    ],
)
def test_a_missing_framework_is_named_with_what_installs_it(
    framework: str, module: str, extra: str
) -> None:
    code = f"""
import sys
sys.modules[{framework!r}] = None  # as if it were not installed
import search
try:
    import search.integrations.{module}
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"search.integrations.{module} needs ")
    assert line.endswith(f'pip install "crossgraph[{extra}]"')


def test_the_command_says_what_it_needs_in_one_line() -> None:
    code = "import sys; sys.modules['mcp'] = None; from search.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "mcp", "--index", "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: search.integrations.mcp_server needs the mcp package")
