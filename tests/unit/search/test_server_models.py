"""The model that a server loads for an index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fusion.runtime.model_fingerprint import checkpoint_fingerprint
from search.server.pool import model_holder as models
from store import ModelMismatch


@pytest.mark.parametrize("own", [False, True])
def test_another_model_is_refused_without_loading_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    def load(*_: Any, **__: Any) -> None:
        raise AssertionError("it was loaded")

    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(models, "models_of", load)
    (tmp_path / "config.json").write_text(json.dumps({"kind": "crossgraph"}))
    checkpoint = tmp_path if own else None
    known = str(checkpoint_fingerprint(checkpoint))
    of = models.model_loader(checkpoint, None, None)
    with pytest.raises(ModelMismatch, match=rf"another model \(beefbeefbeef\).*{known[:12]}"):
        of("beef" * 16)
    with pytest.raises(AssertionError, match="it was loaded"):
        of(known)
