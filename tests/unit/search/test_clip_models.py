from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from fusion.runtime.model_errors import UnknownPreset
from search.models.clip_models import ClipNotPrepared, clip_indexing_model, clip_model_of


def nothing(_: str) -> None:
    pass


def test_preparing_without_its_packages_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    hidden: dict[str, Any] = {"onnxscript": None, "torch": None}
    for name, module in hidden.items():
        monkeypatch.setitem(sys.modules, name, module)
    said: list[str] = []
    with pytest.raises(ClipNotPrepared, match=r'pip install "crossgraph\[clip\]"') as caught:
        clip_indexing_model(f"clip:{tmp_path}", tell=said.append)
    assert "\n" not in str(caught.value)
    assert said == [
        f"preparing clip:{tmp_path} for quick indexing and searches, once: a minute or more"
    ]


@pytest.mark.parametrize("encoders", ["packaged", "clip:", "siglip2-base"])
def test_encoders_of_another_kind_are_refused(encoders: str) -> None:
    with pytest.raises(UnknownPreset, match="expected clip:FOLDER"):
        clip_indexing_model(encoders, tell=nothing)


def test_a_folder_that_is_no_index_has_no_model(tmp_path: Path) -> None:
    assert clip_model_of(tmp_path) is None
