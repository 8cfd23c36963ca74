"""Which indexes a command line refers to."""

from __future__ import annotations

import pytest
import typer

from search.commands.shared.options import default_index, listed


def test_a_single_index_is_named_by_the_option_the_variable_or_neither(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CROSSGRAPH_INDEX", raising=False)
    assert listed(None, None) == ([str(default_index())], None)
    monkeypatch.setenv("CROSSGRAPH_INDEX", "/my photos/index")
    assert listed([], None) == (["/my photos/index"], None)
    assert listed(["a"], None) == (["a"], None)


def test_a_single_address_is_a_database() -> None:
    assert listed(["postgresql://db/photos"], None) == (
        ["photos.index"],
        "postgresql://db/photos",
    )
    assert listed(["a"], "postgresql://db/photos") == (["a"], "postgresql://db/photos")


def test_several_are_taken_as_they_are() -> None:
    assert listed(["a", "postgres://db/b"], None) == (["a", "postgres://db/b"], None)


@pytest.mark.parametrize("indexes", [["a", "b"], ["postgresql://db/b"]])
def test_databases_are_named_in_one_way(indexes: list[str]) -> None:
    with pytest.raises(typer.BadParameter, match="by --index alone"):
        listed(indexes, "postgresql://db/photos")
