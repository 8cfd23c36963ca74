"""The sizes do not depend on the machine; what is measured of its speed is left to the command."""

from pathlib import Path

from benchmarks.throughput import measure


def test_an_index_is_little_more_than_what_it_holds(tmp_path: Path) -> None:
    found = measure(tmp_path / "index", 20_000)
    assert found.rows == 20_000
    assert 1.0 < found.catalog_over_payload <= 1.2
    # The file of vectors has a third of it once more.
    assert found.catalog_over_payload < found.folder_over_payload <= 1.6
    assert found.rows_per_second > 0
    assert found.open_seconds > 0
