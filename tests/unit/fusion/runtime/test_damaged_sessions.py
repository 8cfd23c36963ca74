"""A damaged graph raises one error and prints nothing to stdout."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusion.runtime.exported_files import ExportedFiles, ExportedModelError


def field(number: int, content: bytes) -> bytes:
    """Return a length-delimited field of a protocol buffer, of up to 127 bytes."""
    return bytes((number << 3 | 2, len(content))) + content


def graph(operation: bytes) -> bytes:
    """Return an ONNX file with a single operation without input."""
    node = field(2, b"y") + field(4, operation)
    return b"\x08\x08" + field(7, field(1, node) + field(2, b"g")) + field(8, b"\x10\x0d")


@pytest.mark.parametrize(
    "content",
    [graph(b"\xf5\xf5"), graph(b"Nothing"), graph(b"Relu")[:-3], b"\xff" * 40, b"", b"\x00"],
    ids=["no text", "unknown", "cut", "noise", "empty", "zero"],
)
def test_a_damaged_graph_is_one_error_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "query.onnx").write_bytes(content)
    with pytest.raises(ExportedModelError, match="damaged"):
        _ = ExportedFiles(tmp_path).query
    assert capfd.readouterr().out == ""


def test_files_opened_ahead_raise_where_they_are_used(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "query.onnx").write_bytes(graph(b"Nothing"))
    files = ExportedFiles(tmp_path, once=True)
    files.open_ahead()
    for name in ("query", "pairs", "tokenizer"):  # the last two are missing
        with pytest.raises(ExportedModelError, match="damaged"):
            getattr(files, name)
    assert capfd.readouterr() == ("", "")
