"""Files written by torch are read as arrays, without running any of their code."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.runtime.model_errors import WeightsMismatch
from fusion.runtime.prepare.torch_file import MAGIC, read_torch_file

TENSORS = OrderedDict(
    weight=torch.arange(24, dtype=torch.float32).view(2, 3, 4),
    turned=torch.arange(24, dtype=torch.float32).view(2, 3, 4).permute(2, 0, 1),
    half=torch.tensor([0.5, -1.0]).half(),
    count=torch.tensor(7),
    empty=torch.zeros(0, 3),
    mask=torch.tensor([[True], [False]]),
    bytes=torch.tensor([0, 255], dtype=torch.uint8),
)


@pytest.fixture(params=[False, True], ids=["older", "zip"])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "weights.pth"
    torch.save(TENSORS, path, _use_new_zipfile_serialization=request.param)
    return path


def test_every_tensor_is_the_same(written: Path) -> None:
    found = read_torch_file(written)
    assert list(found) == list(TENSORS)
    for name, tensor in TENSORS.items():
        assert found[name].dtype == tensor.numpy().dtype
        assert np.array_equal(found[name], tensor.numpy())


def test_the_versions_of_a_state_dict_are_left_out(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 3).state_dict(), tmp_path / "state.pth")
    assert list(read_torch_file(tmp_path / "state.pth")) == ["weight", "bias"]


@pytest.mark.parametrize("zipped", [False, True])
def test_a_part_of_another_tensor_is_refused(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "part.pth"
    torch.save({"x": torch.zeros(4, 4)[:, :2]}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsMismatch, match="a tensor is a part of another"):
        read_torch_file(path)


def test_what_is_no_state_dict_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.pth"
    torch.save([torch.zeros(1)], path)
    with pytest.raises(WeightsMismatch, match="holds no tensors by name"):
        read_torch_file(path)
    torch.save({"epoch": 3}, path)
    with pytest.raises(WeightsMismatch, match="holds more than tensors by name"):
        read_torch_file(path)
    torch.save({"x": torch.nn.Parameter(torch.zeros(1))}, path)
    with pytest.raises(WeightsMismatch, match=r"asks for 'torch._utils._rebuild_parameter'"):
        read_torch_file(path)


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.mark}",)


def as_older(content: object, path: Path) -> None:
    """Write an object that is not a tensor in the format of older torch versions."""
    with path.open("wb") as file:
        for part in (MAGIC, 1001, {"little_endian": True}, content, []):
            pickle.dump(part, file, protocol=2)


def as_zip(content: object, path: Path) -> None:
    """Write an object that is not a tensor in torch's current format."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content, protocol=2))


@pytest.mark.parametrize("write", [as_older, as_zip])
def test_a_hostile_pickle_runs_nothing(tmp_path: Path, write: object) -> None:
    mark, path = tmp_path / "it ran", tmp_path / "hostile.pth"
    assert callable(write)
    write({"x": Hostile(mark)}, path)
    with pytest.raises(WeightsMismatch, match=r"asks for '\w+.system'") as caught:
        read_torch_file(path)
    assert "\n" not in str(caught.value)
    assert not mark.exists()


HOSTILE = {
    "calls what it was given": b"\x80\x02X\x02\x00\x00\x00hi)R.",
    "makes an object": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "names a module by strings": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "sets an attribute of a type": b"\x80\x02ccollections\nOrderedDict\n}b.",
    "fills a string": b"\x80\x02X\x02\x00\x00\x00hiK\x01K\x02s.",
    "remembers at a place out of reach": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "asks for what it never remembered": b"\x80\x02j\xff\xff\xff\x7f.",
    "takes from an empty stack": b"\x80\x020.",
    "claims a text of 4 GB": b"\x80\x02X\xff\xff\xff\xffhi.",
    "calls a storage": b"\x80\x02ctorch\nFloatStorage\n)R.",
    "is an extension": b"\x80\x02\x82\x01.",
    "ends at once": b"",
}


@pytest.mark.parametrize("program", HOSTILE.values(), ids=HOSTILE)
def test_a_pickle_that_asks_for_more_is_refused(tmp_path: Path, program: bytes) -> None:
    path = tmp_path / "hostile.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", program)
    with pytest.raises(WeightsMismatch, match=r"hostile\.pth: not readable as weights: ") as caught:
        read_torch_file(path)
    assert "\n" not in str(caught.value)


def test_a_packed_member_is_refused(tmp_path: Path, written: Path) -> None:
    path = tmp_path / "packed.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 100_000)
    with pytest.raises(WeightsMismatch, match="a part of it is compressed"):
        read_torch_file(path)
    with pytest.raises(WeightsMismatch, match="cannot be read"):
        read_torch_file(tmp_path / "nowhere.pth")


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.data())
def test_any_damage_is_a_line_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, zipped: bool, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "damaged.pth"
    torch.save(TENSORS, path, _use_new_zipfile_serialization=zipped)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), "cut"):
        del content[data.draw(st.integers(0, len(content) - 1), "length") :]
    else:
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
            content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    try:
        found = read_torch_file(path)
    except WeightsMismatch as error:
        assert "\n" not in str(error)
    else:
        assert all(isinstance(value, np.ndarray) for value in found.values())
