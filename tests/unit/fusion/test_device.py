"""A GPU is used if torch can use one; without a GPU, torch is not imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fusion.hardware import device as module
from fusion.hardware.device import DeviceNotThere, choose_device, has_nvidia


@pytest.mark.parametrize(
    ("asked", "likely", "usable", "expected"),
    [
        ("auto", True, True, "cuda"),
        ("auto", True, False, "cpu"),  # there is a driver, but torch was built without CUDA
        ("auto", False, True, "cpu"),
        ("cpu", True, True, "cpu"),
        ("cuda", False, True, "cuda"),
    ],
)
def test_what_is_taken(asked: str, likely: bool, usable: bool, expected: str) -> None:
    assert choose_device(asked, likely=lambda: likely, usable=lambda: usable) == expected


def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(DeviceNotThere, match="--device cuda: torch finds no CUDA GPU"):
        choose_device("cuda", usable=lambda: False)


def test_an_unknown_device_is_told() -> None:
    with pytest.raises(ValueError, match="'tpu': expected auto, cpu or cuda"):
        choose_device("tpu")


def test_a_device_of_the_driver_or_its_program_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    (tmp_path / "nvidiactl").touch()
    assert not has_nvidia(tmp_path)
    (tmp_path / "nvidia0").touch()
    assert has_nvidia(tmp_path)
    monkeypatch.setattr(module.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    assert has_nvidia(tmp_path / "none")


def test_without_one_torch_is_not_imported() -> None:
    code = (
        "import sys; from fusion.hardware.device import choose_device\n"
        "print(choose_device('auto', likely=lambda: False), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cpu", "False"]
