"""Checks of which options of `crossgraph index` go together."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import typer

__all__ = ["check_encoders", "check_known", "check_options", "check_text", "check_watch"]


def check_encoders(encoders: str | None, others: bool, device: str) -> None:
    """Refuse a CLIP-like model together with a checkpoint or weights, or on a GPU.

    Args:
        encoders: the value of `--encoders`.
        others: whether --checkpoint, --image-weights or --text-weights is given.
        device: the value of `--device`.
    """
    if encoders is None:
        return
    if not encoders.startswith("clip:") or encoders == "clip:":
        raise typer.BadParameter(
            f"--encoders {encoders}: expected clip:FOLDER or clip:HUB-ID; a model of other "
            "encoders is trained by `crossgraph train` and given with --checkpoint"
        )
    if others:
        raise typer.BadParameter(
            "--encoders names the whole model: leave out --checkpoint, --image-weights and "
            "--text-weights"
        )
    if device == "cuda":
        raise typer.BadParameter("--encoders runs on the processor: leave out --device cuda")


def check_known(index: Path) -> None:
    """Refuse an update without sources unless the folder has an index, which knows its sources."""
    from store import Index

    if not Index.exists(index):
        raise typer.BadParameter(
            f"no SOURCE is given, and {index} is no index that knows its folders: say where the "
            "photos are, such as `crossgraph index ~/Pictures`"
        )


def check_options(
    source: list[str] | None,
    annotations: list[Path] | None,
    plan: bool,
    reembed: bool,
    retry_failed: bool,
) -> None:
    """Refuse options that do not go together."""
    if reembed and (source or annotations or plan or retry_failed):
        raise typer.BadParameter(
            "--reembed embeds the photos that the index has: leave out folders, --annotations, "
            "--plan and --retry-failed, and index those afterwards"
        )
    if plan and annotations:
        raise typer.BadParameter("--plan lists photos only: leave out --annotations")


def check_text(text: bool, others: bool) -> None:
    """Refuse --text with modes that cannot read text, or without its package installed."""
    if text and others:
        raise typer.BadParameter(
            "--text reads the photos of an index once: leave out --watch, --plan and --shards"
        )
    if text and find_spec("rapidocr") is None:
        from store import ExtraMissing

        raise ExtraMissing(
            "text in photos needs RapidOCR: install it with `pip install 'crossgraph[text]'`"
        )


def check_watch(watch: bool, plan: bool, reembed: bool, prune: bool) -> None:
    """Refuse options that do not go with --watch."""
    if watch and (plan or reembed):
        raise typer.BadParameter("--watch goes on indexing: leave out --plan and --reembed")
    if watch and prune:
        raise typer.BadParameter(
            "--watch keeps what is on disks that come and go: leave out --prune, and prune when "
            "it does not run"
        )
