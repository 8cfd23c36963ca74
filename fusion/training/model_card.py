"""The model card that is written into the folder of every checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["write_card"]

TEMPLATE = """# {kind}: model card

Made by `crossgraph train`; `crossgraph eval` measures it on any captioned collection.

- **Encoders:** `{encoders}`, weights {encoders_fingerprint}, frozen{tuned}.
- **Trained on:** {training}.{taught}
- **Stopped by:** {development}, whose recall chose the epoch. The default recipe was settled on
  Flickr8k's development split, so figures on that split lean to the bright side.
- **Held out of training:** {held_out} training photos, on which the re-ranker's gates, the
  probabilities and the matching thresholds were fitted.
- **Banks:** vectors of training photos and captions, the words of half as many captions as nodes
  of the cross-modal graph, and which words were said of each training photo how often. No photo
  can be seen in them; the words of a banked caption might in part be guessed.
- **Parameters:** {parameters:,}.
- **Intended for:** searching photo collections with short English descriptions.
- **Limits:** it knows what its training captions speak of, everyday scenes with people, animals and
  sport for the most part; counts, left and right, and written text are beyond it. Captions carry
  the views of those who wrote them. Not for identifying people.

## Training log

| stage | epoch | loss | dev R@1 | dev R@5 | dev R@10 |
| --- | --- | --- | --- | --- | --- |
{rows}
"""


def write_card(
    folder: Path, facts: Mapping[str, object], history: Sequence[Mapping[str, object]]
) -> None:
    """Write `MODEL_CARD.md`, including the training log.

    Args:
        folder: the checkpoint's folder.
        facts: values of the template's fields, except `rows`.
        history: lines of `log.jsonl`; those with an epoch become the table, and the last of the
            others is quoted below it.
    """
    names = ("stage", "epoch", "loss", "dev R@1", "dev R@5", "dev R@10")
    rows = [
        "| " + " | ".join(str(line.get(name, "")) for name in names) + " |"
        for line in history
        if "epoch" in line
    ]
    text = TEMPLATE.format(**facts, rows="\n".join(rows))
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    summary = [line for line in history if "epoch" not in line]
    if summary:
        with (folder / "MODEL_CARD.md").open("a", encoding="utf-8") as card:
            card.write(f"\nFitted after training: `{json.dumps(summary[-1])}`\n")
