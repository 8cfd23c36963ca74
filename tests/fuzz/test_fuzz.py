"""A short run of `python -m tests.fuzz`."""

import pytest

from tests.fuzz.run import fuzz


@pytest.mark.parametrize("name", ["codec", "coco", "decode", "parquet", "shapes", "tar"])
def test_wrong_inputs_are_read_or_refused(name: str) -> None:
    findings = fuzz(name, inputs=300, seed=1)
    assert findings.failures == []
    assert findings.inputs == 300
    assert set(findings.outcomes) == {"read", "refused"}
