"""Whatever people do to their folders, and wherever a run is cut off, the index holds what is true.

By default a short run that is the same each time; `STATE_MACHINE_EXAMPLES=1000` tries that many
random ones.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from indexer import build_index, reembed
from store import Index, ModelMismatch, SourceError
from store.catalog.images import arrays_of
from store.catalog.models import find_model
from tests.property.folders import SIDES, Folders, Place
from tests.property.painted import (
    EMBEDDED,
    MODELS,
    PAINTED,
    SHA256,
    CutOff,
    check_search,
    cut_off,
)
from tests.property.truth import Indexed, Truth

EXAMPLES = int(os.environ.get("STATE_MACHINE_EXAMPLES", "0"))

NAMES = ("a.png", "b.png", "c.png", "sub/a.png", "sub/d.png")


class IndexMachine(RuleBasedStateMachine):
    """Folders of photos, their index, a reader that stays open, and what must be true."""

    def __init__(self) -> None:
        super().__init__()
        self.work = Path(tempfile.mkdtemp(prefix="machine-"))
        self.index = self.work / "index"
        self.highest = 0
        self.truth = Truth("aaa")
        self.reader: Index | None = None
        self.folders = Folders(self.work)
        self.patches = ExitStack()

    @initialize(lazy=st.booleans())
    def begin(self, lazy: bool) -> None:
        if lazy:  # readers follow changes instead of reading a new file each time
            self.patches.enter_context(mock.patch("store.vectors.cache.ALWAYS_COMPACT", 1))
            self.patches.enter_context(mock.patch("store.vectors.cache._tolerable", lambda held: 4))
        self.folders.write("one", "a.png", "red")
        self.bring_up_to_date(list(SIDES[:1]))

    def teardown(self) -> None:
        if self.reader is not None:
            self.reader.close()
        self.patches.close()
        shutil.rmtree(self.work)

    # What people do

    @rule(
        side=st.sampled_from(SIDES), name=st.sampled_from(NAMES), content=st.sampled_from(PAINTED)
    )
    def add_or_change(self, side: str, name: str, content: str) -> None:
        if side not in self.folders.away:
            self.folders.write(side, name, content)

    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        for place in self.one(data):
            self.folders.touch(*place)

    @rule(data=st.data())
    def break_one(self, data: st.DataObject) -> None:
        for place in self.one(data):
            self.folders.write(*place, None)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        for place in self.one(data):
            self.folders.delete(*place)

    @rule(data=st.data(), to=st.sampled_from(SIDES), name=st.sampled_from(NAMES))
    def move(self, data: st.DataObject, to: str, name: str) -> None:
        for place in self.one(data):
            if to not in self.folders.away and place != (to, name):
                self.folders.move(place, (to, name))

    @rule(side=st.sampled_from(SIDES), empty=st.booleans())
    def unplug_or_plug_in(self, side: str, empty: bool) -> None:
        if side in self.folders.away:
            self.folders.plug_in(side)
        else:
            self.folders.unplug(side, empty=empty)

    @rule(side=st.sampled_from(SIDES))
    def relocate(self, side: str) -> None:
        known = self.truth.roots([str(self.folders.roots[side])])
        if known and side not in self.folders.away:
            old, new = self.folders.relocate(side)
            with Index.open(self.index) as index:
                index.relocate(old, new)
            self.truth = self.truth.relocated(old, new)

    # What the program does

    @rule(
        sides=st.sampled_from([["one"], ["two"], ["one", "two"], ["two", "one"], []]),
        prune=st.booleans(),
        retry_failed=st.booleans(),
        batch_size=st.integers(1, 3),
        fault=st.sampled_from(["", "", "model", "write", "change", "finish"]),
        at=st.integers(1, 3),
    )
    def index_photos(self, sides: list[str], fault: str, at: int, **options: Any) -> None:
        with cut_off(fault, at, MODELS[self.truth.active]):
            self.bring_up_to_date(sides, **options)

    @rule(
        fingerprint=st.sampled_from(list(MODELS)),
        prune=st.booleans(),
        batch_size=st.integers(1, 2),
        fault=st.sampled_from(["", "", "model", "put", "switch"]),
        at=st.integers(1, 3),
    )
    def embed_anew(
        self, fingerprint: str, prune: bool, batch_size: int, fault: str, at: int
    ) -> None:
        after, switched = self.truth.reembedded(self.folders.on_disk(), fingerprint, prune=prune)
        if fingerprint == self.truth.active:
            after, switched = self.truth, True
        model = MODELS[fingerprint]
        try:
            with cut_off(fault, at, model):
                report = reembed(self.index, model, prune=prune, batch_size=batch_size)
        except CutOff:
            self.adopt(after)
        else:
            assert report.switched == switched
            self.expect(after.answered_by(fingerprint) if switched else after)

    @rule(side=st.sampled_from(SIDES))
    def another_model_is_refused(self, side: str) -> None:
        other = next(model for f, model in MODELS.items() if f != self.truth.active)
        root = str(self.folders.roots[side])
        if root not in self.folders.vanished([side]):
            with pytest.raises(ModelMismatch):
                build_index(self.index, [root], other)

    @rule()
    def compact(self) -> None:
        with Index.open(self.index) as index:
            index.finish()

    @rule()
    def reopen(self) -> None:
        if self.reader is not None:
            self.reader.close()
        self.reader = Index.open(self.index)

    # What must be true

    @invariant()
    @precondition(lambda self: self.index.exists())
    def the_index_holds_what_is_true(self) -> None:
        with Index.open(self.index) as index:
            assert index.model.fingerprint == self.truth.active
            self.check(index)
        if self.reader is None:
            self.reader = Index.open(self.index)
        try:
            self.check(self.reader)
        except ModelMismatch:
            assert self.reader.model.fingerprint != self.truth.active
            self.reopen()

    def check(self, index: Index) -> None:
        with index.snapshot():
            files = index.files()
            found = {file.path: (i, SHA256[file.sha256]) for i, file in files.items()}
            assert found == {
                p: (held.image_id, held.content) for p, held in self.truth.known.items()
            }
            assert {bad.path for bad in index.quarantined()} == self.truth.broken
            assert [bad.path for bad in index.quarantined()] == sorted(self.truth.broken)
            for image_id, file in files.items():
                shown = self.truth.known[file.path].shown[self.truth.active]
                meant = EMBEDDED[self.truth.active, shown]
                halves = meant.vectors[0].astype(np.float16)
                np.testing.assert_array_equal(index.vectors([image_id])[0], halves)
                np.testing.assert_array_equal(index.nodes([image_id])[0], meant.packed[0])
            check_search(index)
        check_search(index)

    # The steps

    def one(self, data: st.DataObject) -> list[Place]:
        """Choose a file that is there, or none where there is none."""
        present = self.folders.present()
        return [data.draw(st.sampled_from(present))] if present else []

    def bring_up_to_date(self, sides: list[str], **options: Any) -> None:
        before, model = self.truth, MODELS[self.truth.active]
        places = {str(root): side for side, root in self.folders.roots.items()}
        roots = [str(self.folders.roots[side]) for side in sides]
        looked = roots or before.roots(sorted(places))
        found = self.folders.on_disk(places[root] for root in looked)
        vanished = self.folders.vanished(places[root] for root in looked)
        prune = options.get("prune", False)
        unknown = [root for root in vanished if root not in before.roots(vanished)]
        refused = not looked or unknown or (not prune and len(vanished) == len(looked))
        after = before.indexed(found, looked, vanished, prune=prune)
        try:
            build_index(self.index, roots, model, progress=self.watch, **options)
        except SourceError:
            assert refused
        except CutOff:
            self.adopt(after)
        else:
            assert not refused
            self.expect(after)

    def watch(self, *_: object) -> None:
        """A reader may look at any moment."""
        if self.reader is not None and self.reader.model.fingerprint == self.truth.active:
            check_search(self.reader)

    def expect(self, after: Truth) -> None:
        """Take what is to be for true, with the ids that new photos were given."""
        with Index.open(self.index) as index:
            ids = {file.path: image_id for image_id, file in index.files().items()}
        for path, photo in after.known.items():
            if photo.image_id is None:
                assert ids[path] > self.highest, "an id was given again"
                after.known[path] = Indexed(ids[path], photo.content, photo.shown)
        self.truth = after
        self.highest = max([self.highest, *ids.values()])

    def adopt(self, after: Truth) -> None:
        """Take what is there after a run was cut off for true, if each part is old or new."""
        before = self.truth
        with Index.open(self.index) as index, index.reading() as catalog:
            now = {file.path: (i, SHA256[file.sha256]) for i, file in index.files().items()}
            broken = {bad.path for bad in index.quarantined()}
            ids = [image_id for image_id, _ in now.values()]
            models = [model for f in MODELS if (model := find_model(catalog, f))]
            has = {m.fingerprint: set(arrays_of(catalog, m.vectors, ids)) for m in models}
        assert before.broken & after.broken <= broken <= before.broken | after.broken
        kept = {photo.image_id for photo in before.known.values()}
        kept &= {photo.image_id for photo in after.known.values()}
        assert kept <= set(ids), "a photo was lost"
        self.truth = Truth(before.active, broken=broken)
        for path, (image_id, content) in now.items():
            held = self.which(path, image_id, content, (before, after))
            shown = {f: c for f, c in held.shown.items() if image_id in has.get(f, ())}
            self.truth.known[path] = Indexed(image_id, content, shown)
        self.highest = max([self.highest, *ids])

    def which(self, path: str, image_id: int, content: str, states: tuple[Truth, Truth]) -> Indexed:
        for state in states[::-1]:
            held = state.known.get(path)
            if held is None or held.content != content:
                continue
            if held.image_id == image_id:
                return held
            if held.image_id is None and image_id > self.highest:
                return Indexed(image_id, content, held.shown)
        raise AssertionError(f"{path} with id {image_id} and content {content!r} is of no state")


TestIndex = IndexMachine.TestCase
TestIndex.settings = settings(
    max_examples=EXAMPLES or 30,
    stateful_step_count=25,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
