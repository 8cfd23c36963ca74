"""What is wrong with a model reaches programs as one of the errors that they know."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusion.runtime.model_errors import CheckpointError, WeightsMismatch, WeightsNotFound
from indexer import build_index
from search import CrossgraphError, ModelUnavailable, open_index
from search.models.unavailable import model_errors_told
from tests.integration.colours import ColourModel, paint


@pytest.mark.parametrize("kind", [CheckpointError, WeightsMismatch, WeightsNotFound])
def test_a_models_own_errors_are_told_as_one_kind(kind: type[Exception]) -> None:
    with pytest.raises(ModelUnavailable, match=r"^no weights$") as caught, model_errors_told():
        raise kind("no weights")
    assert isinstance(caught.value.__cause__, kind)


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(ValueError, match="matmul"), model_errors_told():
        raise ValueError("matmul")


def test_a_checkpoint_that_is_none_is_an_error_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    paint(tmp_path / "photos" / "red.png", "red")
    build_index(tmp_path / "index", [tmp_path / "photos"], ColourModel())
    with pytest.raises(CrossgraphError, match="nothing is not a checkpoint") as caught:
        open_index(tmp_path / "index", checkpoint=tmp_path / "nothing")
    assert type(caught.value) is ModelUnavailable
    assert caught.value.exit_code == 1
