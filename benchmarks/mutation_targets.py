"""Modules that decide what is found and what is stored, and the tests that cover each.

Only the fastest tests that target a module are listed, not all that run its code.
"""

from __future__ import annotations

__all__ = ["TARGETS"]

FUSION, INDEXER = "tests/unit/fusion", "tests/unit/indexer"
SEARCH, STORE = "tests/unit/search", "tests/unit/store"

TARGETS: dict[str, tuple[str, ...]] = {
    "fusion/training/losses.py": (f"{FUSION}/test_losses.py",),
    "fusion/graphs/memory_graph.py": (f"{FUSION}/test_memory.py", f"{FUSION}/test_cross_hub.py"),
    "fusion/runtime/packing.py": ("tests/property/test_packing.py",),
    "fusion/caption_files/coco_entries.py": (
        f"{INDEXER}/test_coco_lists.py",
        f"{INDEXER}/test_coco_entries.py",
    ),
    "fusion/caption_files/name_spellings.py": (f"{INDEXER}/test_match.py",),
    "indexer/annotations/photo_finder.py": (f"{INDEXER}/test_match.py",),
    "indexer/changes/plan.py": (f"{INDEXER}/test_plan.py",),
    "indexer/metadata/sidecar_files.py": (f"{INDEXER}/test_metadata_values.py",),
    "indexer/metadata/values.py": (f"{INDEXER}/test_metadata_values.py",),
    "indexer/photos/colour_table.py": (f"{INDEXER}/test_colour_limits.py",),
    "indexer/photos/colours.py": (f"{INDEXER}/test_colour_limits.py",),
    "indexer/photos/dates.py": (f"{INDEXER}/test_exif.py",),
    "indexer/photos/decode_memory.py": (f"{INDEXER}/test_decode_memory.py",),
    "indexer/photos/exif.py": (f"{INDEXER}/test_exif.py",),
    "indexer/photos/frames.py": (f"{INDEXER}/test_frames.py",),
    "indexer/photos/mending.py": (f"{INDEXER}/test_mending.py",),
    "indexer/photos/perceptual_hash.py": (f"{INDEXER}/test_perceptual_hash.py",),
    "indexer/photos/pixels.py": (f"{INDEXER}/test_pixel_numbers.py",),
    "indexer/sources/suffixes.py": (f"{INDEXER}/test_walk.py",),
    "indexer/sources/walk_rules.py": (f"{INDEXER}/test_walk.py",),
    "search/printable.py": (f"{SEARCH}/test_printable.py",),
    "search/query/filters.py": (f"{SEARCH}/test_filters.py",),
    "search/query/filter_values.py": (f"{SEARCH}/test_filters.py",),
    "search/query/grammar.py": (f"{SEARCH}/test_query.py",),
    "search/query/negation.py": (f"{SEARCH}/test_negation.py",),
    "search/query/request.py": (f"{SEARCH}/test_request.py",),
    "search/ranking/likelihood.py": (f"{SEARCH}/test_likelihood.py",),
    "search/ranking/mixing.py": (f"{SEARCH}/test_mixing.py", f"{SEARCH}/test_likelihood.py"),
    "search/ranking/near_duplicates.py": (f"{SEARCH}/test_duplicates.py",),
    "search/ranking/rank_fusion.py": (f"{SEARCH}/test_hybrid.py",),
    "search/server/middleware/request_limits.py": (f"{SEARCH}/test_request_limits.py",),
    "search/server/wire/http_errors.py": (f"{SEARCH}/test_http_errors.py",),
    "search/understanding/time_spans.py": (f"{SEARCH}/understanding/test_time_spans.py",),
    "search/evaluation/metrics.py": (f"{SEARCH}/test_metrics.py",),
    "store/catalog/library_rows.py": (f"{STORE}/test_photo_order.py",),
    "store/catalog/photo_order.py": (f"{STORE}/test_photo_order.py",),
    "store/catalog/selection.py": (f"{STORE}/test_selection.py",),
    "store/columns/codec.py": (f"{STORE}/test_codec.py", "tests/property/test_codec.py"),
    "store/columns/paths.py": (f"{STORE}/test_paths.py",),
    "store/photo_names.py": (f"{STORE}/test_photo_names.py",),
    "store/vectors/vector_head.py": (f"{STORE}/test_vector_head.py",),
}
