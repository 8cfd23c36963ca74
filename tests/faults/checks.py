"""What must hold of an index after any fault; runs in children of the fork server."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from store import Index, IndexNotFound
from store.integrity.verify import verify
from tests.faults.scenario import Tell

__all__ = ["EMPTY", "describe", "inspect"]

State = dict[str, Any]

EMPTY: State = {"photos": {}, "quarantine": [], "files": []}
SCORES_DIFFER = 1e-6  # float32's rounding; the painted vectors are of length 1 at most


def describe(_: Tell, *, index: str, root: str) -> State:
    """Return all that an index answers, by path where an id may differ.

    photos: path to id, sha256, vector, nodes, captions, categories and the other facts;
    quarantine: path and reason; search: path and score, a list a query; files: those in its
    folder before it was opened, digits left out, since a generation's number may differ; verify:
    what `crossgraph verify` finds.
    """
    files = sorted(re.sub(r"\d+", "N", file.name) for file in Path(index).iterdir())
    wrong = [problem.code for problem in verify(Path(index)).problems]
    with Index.open(Path(index)) as opened:
        return {
            "photos": _photos(opened, root),
            "quarantine": [[_short(bad.path, root), bad.reason] for bad in opened.quarantined()],
            "counts": str(opened.counts()),
            "search": _answers(opened, root),
            "files": files,
            "verify": wrong,
        }


def inspect(
    _: Tell,
    *,
    index: str,
    root: str,
    before: State,
    after: State,
    truth: dict[str, list[str]],
    done: list[str],
) -> list[str]:
    """Say what is wrong with an index that a reader opens now; nothing, if all is well.

    Args:
        index: its folder.
        root: where the photos lie.
        before: what it was before the run that met the fault.
        after: what it would have been after an undisturbed one.
        truth: sha256 to vector and nodes.
        done: paths that the run told were done.
    """
    try:
        opened = Index.open(Path(index))
    except IndexNotFound as error:
        return [f"lost: {error}"] if before["photos"] or done else []
    with opened:
        now = _photos(opened, root)
        broken = {_short(bad.path, root) for bad in opened.quarantined()}
        return [
            *_sqlite_problems(Path(index)),
            *_verified(Path(index)),
            *_served_half(now, before, after, truth),
            *_lost(now, broken, before, after),
            *_told_and_missing(now, broken, after, done),
            *_wrong_answers(opened),
        ]


def _photos(index: Index, root: str) -> dict[str, dict[str, Any]]:
    files = index.files()
    photos = {photo.image_id: photo for photo in index.photos(list(files))}
    return {
        _short(file.path, root): {
            "id": image_id,
            "sha256": file.sha256,
            "facts": [file.source, file.size_bytes, file.mtime_ns, file.width_px, file.height_px],
            "seen": [str(file.taken), file.camera, file.perceptual_hash],
            "vector": index.vectors([image_id])[0].tobytes().hex(),
            "nodes": index.nodes([image_id])[0].tobytes().hex(),
            "captions": list(photos[image_id].captions),
            "categories": list(photos[image_id].categories),
        }
        for image_id, file in files.items()
    }


def _short(path: str, root: str) -> str:
    return os.path.relpath(path, root)


def _answers(index: Index, root: str) -> list[list[list[Any]]]:
    """Return path and score of all photos, for each colour; ties by path, as ids may differ."""
    paths = {image_id: _short(file.path, root) for image_id, file in index.files().items()}
    answers: list[list[list[Any]]] = []
    for query in np.eye(index.model.dim, dtype=np.float32):
        ids, scores = index.search(query, len(paths) + 5)
        found: list[list[Any]] = [
            [paths[int(i)], round(float(s), 5)] for i, s in zip(ids, scores, strict=True)
        ]
        answers.append(sorted(found, key=lambda hit: (-hit[1], hit[0])))
    return answers


def _sqlite_problems(folder: Path) -> list[str]:
    problems = []
    for file in sorted(folder.glob("*.db")):
        with closing(sqlite3.connect(file)) as connection:
            whole = connection.execute("PRAGMA integrity_check").fetchall()
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        if whole != [("ok",)] or orphans:
            problems.append(f"{file.name}: integrity {whole}, foreign keys {orphans}")
    return problems


def _verified(folder: Path) -> list[str]:
    """What `crossgraph verify` finds, but for files that the next run removes."""
    return [
        f"verify: {problem.code} {problem.examples}"
        for problem in verify(folder).problems
        if problem.code != "left-over"
    ]


def _served_half(now: State, before: State, after: State, truth: dict[str, list[str]]) -> list[str]:
    """Each photo as one of the two states has it, and its arrays those of its content."""
    problems = []
    for path, photo in now.items():
        states = [s["photos"][path] for s in (before, after) if path in s["photos"]]
        if photo["sha256"] not in [state["sha256"] for state in states]:
            problems.append(f"{path}: content {photo['sha256'][:8]} is of no state")
        elif [photo["vector"], photo["nodes"]] != truth[photo["sha256"]]:
            problems.append(f"{path}: vector or nodes are not those of its content")
        for said in ("captions", "categories"):
            # A photo that moved has its old texts until the annotations are read again.
            same = [p for p in before["photos"].values() if p["id"] == photo["id"]]
            if photo[said] not in [[], *(state[said] for state in (*states, *same))]:
                problems.append(f"{path}: {said} {photo[said]} are of no state")
            if photo[said] == [] and any(p[said] for p in same):
                problems.append(f"{path}: lost its {said}")
    return problems


def _lost(now: State, broken: set[str], before: State, after: State) -> list[str]:
    """What was there before is there, unless the run was to remove it; so with broken files."""
    problems = []
    ids = {photo["id"]: path for path, photo in now.items()}
    stay = {photo["id"]: path for path, photo in after["photos"].items()}
    for path, photo in before["photos"].items():
        if photo["id"] in stay and ids.get(photo["id"]) not in (path, stay[photo["id"]]):
            problems.append(f"{path}: lost, its id {photo['id']} is {ids.get(photo['id'])}")
    known = {path for state in (before, after) for path, _ in state["quarantine"]}
    problems += [f"{path}: in quarantine for no reason" for path in sorted(broken - known)]
    problems += [f"{path}: photo and in quarantine" for path in sorted(broken & set(now))]
    both = {path for path, _ in before["quarantine"]} & {path for path, _ in after["quarantine"]}
    problems += [f"{path}: lost from quarantine" for path in sorted(both - broken)]
    return problems


def _told_and_missing(now: State, broken: set[str], after: State, done: list[str]) -> list[str]:
    problems = []
    for path in done:
        wanted = after["photos"].get(path)
        if wanted is None and path not in broken:
            problems.append(f"{path}: told as done, not in quarantine")
        elif wanted is not None and now.get(path, {}).get("sha256") != wanted["sha256"]:
            problems.append(f"{path}: told as done, not there")
    return problems


def _wrong_answers(index: Index) -> list[str]:
    """A search by each colour gives every photo, at its product with the catalog's vector."""
    ids = np.array(list(index.files()), dtype=np.int64)
    vectors = index.vectors(ids)
    problems = []
    for colour, query in enumerate(np.eye(index.model.dim, dtype=np.float32)):
        found, scores = index.search(query, len(ids) + 5)
        true = dict(zip(ids.tolist(), (vectors @ query).tolist(), strict=True))
        if sorted(found.tolist()) != sorted(true):
            problems.append(f"colour {colour} finds ids {found.tolist()}, not {sorted(true)}")
            continue
        wanted = np.array([true[image_id] for image_id in found.tolist()], dtype=np.float32)
        if not np.allclose(scores, wanted, rtol=0, atol=SCORES_DIFFER):
            problems.append(f"colour {colour} scores {scores.tolist()}, not {wanted.tolist()}")
        if (np.diff(scores) > 0).any():
            problems.append(f"colour {colour} is not in order: {scores.tolist()}")
    return problems
