"""Several indexes queried at once, with a time limit, and without lost ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from store.catalog.models import Model
from store.errors import IndexUnavailable, ModelMismatch
from store.federation.lost_members import MemberLost, again
from store.federation.member import FederationMember, is_loss
from store.searched_index import ServedIndex
from store.types import Missing

__all__ = ["Members", "Place"]

Place = tuple[str, Callable[[], ServedIndex]]
"""An index's place, without a password, and the function that opens it."""

SECONDS_TO_CLOSE = 1.0

T = TypeVar("T")


class Members:
    """Indexes of one model; not thread-safe; made by `open`.

    Args:
        members: the indexes, as listed.
        model: the model whose embeddings are searched; an index of another counts as missing.
        seconds: time limit of each for one request.
    """

    def __init__(self, members: Sequence[FederationMember], model: Model, seconds: float) -> None:
        self.model = model
        self._members = members
        self._seconds = seconds
        self._here: dict[int, FederationMember] = {}
        self._depth = 0

    @classmethod
    def open(cls, places: Sequence[Place], seconds: float, *, strict: bool) -> Self:
        """Open indexes; see `SeveralIndexes.open`."""
        members = [FederationMember(*place) for place in places]
        try:
            until = time.monotonic() + seconds
            for member in members:
                if member.opening is not None:
                    _trouble(member.opening, until)
                    member.take_opened()
            models = [member.model for member in members if member.model is not None]
            if not models:
                raise _all_missing(members)
            prints = [model.fingerprint for model in models]
            if strict and len(set(prints)) > 1:
                raise _mixture(members)
            # The first of the most common ones.
            model = max(models, key=lambda one: prints.count(one.fingerprint))
            return cls(members, model, seconds)
        except BaseException:
            for member in members:
                member.close()
            raise

    @property
    def places(self) -> list[str]:
        """The places of the indexes."""
        return [member.place for member in self._members]

    @property
    def missing(self) -> tuple[Missing, ...]:
        """The indexes that cannot be read."""
        return tuple(Missing(each.place, each.reason) for each in self._members if each.reason)

    def close(self) -> None:
        """Close all open indexes; waits a moment, but not for hanging ones."""
        until = time.monotonic() + SECONDS_TO_CLOSE
        for closing in [member.close() for member in self._members]:
            _trouble(closing, until)

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """See `SeveralIndexes.snapshot`."""
        if self._depth:
            yield
            return
        entered = self._enter()
        self._depth = 1
        try:
            yield
            for member in self._here.values():
                member.succeeded()
        finally:
            self._depth, self._here = 0, {}
            for member in entered:
                member.leave()

    def ask(
        self, work: Callable[[int, ServedIndex], T], numbers: Iterable[int] | None = None
    ) -> dict[int, T]:
        """Run work on all at once, and return the results by position in the list.

        Args:
            work: called with the position and the index.
            numbers: the positions of those to query; None for all that can be read.

        Raises:
            MemberLost: one was lost meanwhile, in a snapshot; outside one, the work is repeated.
            IndexUnavailable: one of those to query cannot be read, or none can.
        """
        if not self._depth:
            return again(lambda: self._ask_in_snapshot(work, numbers))
        if not self._here:
            raise _all_missing(self._members)
        members = self._here if numbers is None else {each: self._there(each) for each in numbers}
        futures = {
            number: member.do(lambda one, number=number: work(number, one))  # type: ignore[misc]
            for number, member in members.items()
        }
        lost = self._lose(futures)
        if lost:
            raise MemberLost(lost)
        return {number: future.result() for number, future in futures.items()}

    def _ask_in_snapshot(
        self, work: Callable[[int, ServedIndex], T], numbers: Iterable[int] | None
    ) -> dict[int, T]:
        with self.snapshot():
            return self.ask(work, numbers)

    def _there(self, number: int) -> FederationMember:
        if number in self._here:
            return self._here[number]
        if 0 <= number < len(self._members):
            raise IndexUnavailable(
                "the requested photo is in an index that cannot be read at the moment: "
                f"{self._members[number].reason}"
            )
        raise KeyError(number)

    def _enter(self) -> list[FederationMember]:
        """Begin a snapshot of each readable index, and return those where one may be open."""
        for member in self._members:
            member.revive()
            if not member.reason and self._is_foreign(member):
                # Reopened later, since it may have this model again by then.
                member.lose(_of_another_model(member, self.model), foreign=True)
        entered = {n: member for n, member in enumerate(self._members) if not member.reason}
        futures = {number: member.enter() for number, member in entered.items()}
        self._here = dict(entered)
        try:
            self._lose(futures)
            self._check_some(futures)
        except BaseException:
            self._here = {}
            for member in entered.values():
                member.leave()
            raise
        return list(entered.values())

    def _check_some(self, entering: dict[int, Future[None]]) -> None:
        """Raise an error with the reasons if no index can be read."""
        if self._here:
            return
        switched = any(
            future.done() and isinstance(future.exception(), ModelMismatch)
            for future in entering.values()
        )
        if switched or any(member.foreign for member in self._members):
            raise ModelMismatch(
                f"the photos of {', '.join(self.places)} were embedded again with another model "
                f"than {self.model.name} ({self.model.fingerprint[:12]}): open them again"
            )
        raise _all_missing(self._members)

    def _lose(self, futures: dict[int, Future[Any]]) -> str:
        """Wait for all, and leave out those that failed; return why the last one did, or "".

        Raises:
            Exception: something failed for another reason than that an index cannot be read.
        """
        until = time.monotonic() + self._seconds
        reason = ""
        for number, future in futures.items():
            error = _trouble(future, until)
            if error is None:
                continue
            if not is_loss(error):
                raise error
            member = self._here.pop(number)
            hangs = not future.done()
            late = f"{member.place} took longer than {self._seconds:g} seconds"
            reason = late if hangs else str(error)
            member.lose(reason, kept=hangs)
        return reason

    def _is_foreign(self, member: FederationMember) -> bool:
        model = member.model
        return model is not None and model.fingerprint != self.model.fingerprint


def _trouble(future: Future[Any], until: float) -> BaseException | None:
    """Return why work failed, a `TimeoutError` if it has not ended in time; None if it succeeded.

    Args:
        future: the work.
        until: the time limit, in seconds of `time.monotonic`.
    """
    try:
        return future.exception(max(0.0, until - time.monotonic()))
    except TimeoutError as error:
        return error


def _all_missing(members: Sequence[FederationMember]) -> IndexUnavailable:
    reasons = "; ".join(dict.fromkeys(member.reason for member in members))
    return IndexUnavailable(f"none of {len(members)} indexes can be read: {reasons}")


def _mixture(members: Sequence[FederationMember]) -> ModelMismatch:
    models = [
        f"{member.place} with {member.model.name} ({member.model.fingerprint[:12]})"
        for member in members
        if member.model is not None
    ]
    return ModelMismatch(
        "indexes can be searched together only if one model made them, found "
        f"{', '.join(models)}; embed the photos of one of them again with `crossgraph reembed`"
    )


def _of_another_model(member: FederationMember, model: Model) -> str:
    name = "" if member.model is None else member.model.fingerprint[:12]
    return (
        f"{member.place} was made with another model ({name}) than the others "
        f"({model.fingerprint[:12]})"
    )
