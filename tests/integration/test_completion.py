"""What the shell is told when Tab is pressed, by both programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from search.cli import main, search_main

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Complete:
    for index in ("photos.index", "deep/other.index"):
        (tmp_path / index).mkdir(parents=True)
        (tmp_path / index / "catalog.db").touch()
    (tmp_path / "my-model").mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "my-model" / name).touch()
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    def asked(line: str) -> list[str]:
        program = line.split()[0]
        monkeypatch.setenv(f"_{program.upper()}_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        with pytest.raises(SystemExit) as ended:
            {"crossgraph": main, "search": search_main}[program]([])
        assert ended.value.code == 0
        return capsys.readouterr().out.split()

    return asked


def test_commands_and_options(complete: Complete) -> None:
    assert complete("crossgraph st") == ["status"]
    assert complete("search --prev") == ["--preview", "--preview-as"]
    assert complete("search --preview-as k") == ["kitty"]


def test_indexes(complete: Complete) -> None:
    assert complete("search dog --index ") == ["photos.index"]
    assert complete("crossgraph status --index p") == ["photos.index"]
    assert complete("search dog --index deep/") == ["deep/other.index"]
    assert complete("search dog --index ~/ph") == ["~/photos.index"]
    assert complete("crossgraph merge ph") == ["photos.index"]


def test_where_no_index_fits_the_shell_completes_folders_by_itself(complete: Complete) -> None:
    assert complete("search dog --index d") == []
    assert complete("search dog --index gone/") == []


def test_models(complete: Complete) -> None:
    assert complete("search dog --checkpoint m") == ["my-model"]
    assert complete("crossgraph eval --model ") == ["crossgraph", "my-model"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("program", ["crossgraph", "search"])
def test_each_shell_gets_its_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: str, program: str
) -> None:
    monkeypatch.setenv(f"_{program.upper()}_COMPLETE", f"source_{shell}")
    with pytest.raises(SystemExit):
        {"crossgraph": main, "search": search_main}[program]([])
    script = capsys.readouterr().out
    assert f"_{program.upper()}_COMPLETE=complete_{shell}" in script
