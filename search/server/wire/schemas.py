"""Schemas of HTTP bodies, and how they become a `SearchRequest`."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from search.plain_words import TERM_TAGS
from search.query.request import Sort
from search.query.term import LIGHTEST, Term
from search.server.wire.hit_schemas import DetailsAnswer, HitAnswer, LineAnswer, OldId, RegionAnswer
from search.server.wire.understood_schemas import UnderstoodAnswer, ValueAnswer

__all__ = [
    "EmbedAnswer",
    "EmbedBody",
    "ErrorAnswer",
    "ImageAnswer",
    "ImagesAnswer",
    "IndexAnswer",
    "RemovedAnswer",
    "SearchAnswer",
    "SearchBody",
    "TermBody",
    "UploadsAnswer",
    "ValuesAnswer",
]

ImageId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Text = Annotated[str, Field(max_length=4000)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class TermBody(_Asked):
    """A wanted or unwanted term: exactly one of text, image_id and image."""

    text: Text | None = None
    image_id: ImageId | None = Field(
        None,
        validation_alias=AliasChoices("image_id", "id"),
        description="a photo of the index; the old name `id` is accepted too",
    )
    image: str | None = Field(None, description="a picture's file in base64")
    weight: float = Field(1.0, ge=LIGHTEST, le=1000)

    @model_validator(mode="after")
    def _is_one(self) -> TermBody:
        given = [each for each in (self.text, self.image_id, self.image) if each is not None]
        if len(given) != 1:
            raise ValueError(f"a term is one of text, image_id and image, found {len(given)}")
        return self

    def term(self) -> Term:
        """Return a search's term; raises QueryError, and ValueError if it is not base64."""
        image = None
        if self.image is not None:
            try:
                image = base64.b64decode(self.image, validate=True)
            except (binascii.Error, ValueError) as error:
                raise ValueError(f"an image is not base64: {error}") from None
        return Term(text=self.text, image=image, image_id=self.image_id, weight=self.weight)


def _kind_of_term(term: object) -> str:
    return TERM_TAGS[0] if isinstance(term, str) else TERM_TAGS[1]


AnyTerm = Annotated[
    Annotated[Text, Tag(TERM_TAGS[0])] | Annotated[TermBody, Tag(TERM_TAGS[1])],
    Discriminator(_kind_of_term),
]
Terms = Annotated[list[AnyTerm], Field(max_length=16)]


class SearchBody(_Asked):
    """A search. At least one of text, positive, pictures, where and sort is required."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "a dog in the snow", "k": 5},
                {"positive": ["a beach"], "negative": ["people"], "where": "width > 1000"},
                {"where": "taken >= 2024", "sort": "taken"},
            ]
        },
    )

    text: Text | None = Field(None, description="in the language of `crossgraph search`")
    positive: Terms = []
    negative: Terms = []
    where: str = Field("", max_length=2000)
    k: int = Field(
        10,
        ge=1,
        le=10_000,
        validation_alias=AliasChoices("k", "limit"),
        description="number of hits; the old name `limit` is accepted too",
    )
    candidates: int = Field(50, ge=1, le=1000)
    min_probability: float = Field(0.0, ge=0, le=1)
    rerank: bool = True
    explain: bool = False
    hybrid: bool = Field(False, description="fuse the ranks by pictures and by words")
    fold_duplicates: bool = False
    budget_ms: float | None = Field(None, gt=0, le=60_000)
    words: bool = True
    literal: bool = Field(False, description="take the text literally, without recognising names")
    sort: Sort = "score"
    reverse: bool = False
    as_words: list[Text] = Field([], max_length=64)
    choose: dict[Text, Text] = Field({}, max_length=64)
    today: str | None = Field(None, max_length=10)


class EmbedBody(_Asked):
    """Texts to embed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"texts": ["a cat", "a dog"]}]})

    texts: list[Text] = Field([], max_length=64)


class ErrorAnswer(BaseModel):
    """An error in one line; degraded while a database cannot be reached."""

    error: str
    degraded: bool = False


class MissingAnswer(BaseModel):
    """One of several indexes that is missing from an answer."""

    index: str
    reason: str


class _Partial(BaseModel):
    """Whether all of several indexes answered; the answer is right for the others in any case."""

    degraded: bool
    missing: list[MissingAnswer]


class SearchAnswer(_Partial):
    """Hits, nearest first, and what they cost."""

    hits: list[HitAnswer]
    understood: UnderstoodAnswer
    took_ms: dict[str, float]
    notes: list[str]
    reranked: int


class EmbedAnswer(BaseModel):
    """Vectors whose inner products are the first stage's scores."""

    model: str
    fingerprint: str
    dim: int
    texts: list[list[float]]
    images: list[list[float]]


class ImageAnswer(DetailsAnswer):
    """What the index knows about a photo."""

    image_id: int
    id: OldId
    path: str
    source: str
    captions: list[str]
    categories: list[str]
    width_px: int
    height_px: int
    size_bytes: int
    modified: str
    taken: str | None
    taken_guessed: bool
    camera: str | None
    sha256: str
    damage: str | None
    uploaded: bool
    city: str | None
    region: str | None
    country: str | None
    lens: str | None
    utc_offset_min: int | None
    metadata_note: str | None
    regions: list[RegionAnswer]
    text: list[LineAnswer]


class ImagesAnswer(_Partial):
    """Some photos, and where to continue: by id, or by position in the order; null at the end."""

    images: list[ImageAnswer]
    next: int | None
    next_offset: int | None
    total: int
    sort: str
    notes: list[str]


class ValuesAnswer(_Partial):
    """The values of a filter field, those of the most photos first."""

    field: str
    values: list[ValueAnswer]


class UploadedAnswer(BaseModel):
    """The result for one file: an id, or an error in one line."""

    name: str
    image_id: int | None = None
    id: int | None = Field(None, deprecated=True, description="the old name of `image_id`")
    error: str | None = None


class UploadsAnswer(BaseModel):
    """The result for each file, in their order."""

    images: list[UploadedAnswer]


class RemovedAnswer(BaseModel):
    """The result of removing a photo."""

    image_id: int
    id: OldId
    file_deleted: bool


class SourceAnswer(BaseModel):
    """A folder of photos."""

    path: str
    photos: int
    there: bool


class ModelAnswer(BaseModel):
    """The model whose embeddings answer."""

    name: str
    fingerprint: str
    encoders: str
    dim: int


class CategoryAnswer(BaseModel):
    """A category and how many photos have it."""

    name: str
    photos: int


class BuildingAnswer(BaseModel):
    """The progress of a running `crossgraph index`."""

    done: int
    total: int | None
    rate_per_second: float
    started: float
    pid: int


class IndexAnswer(_Partial):
    """What the index holds, and its state."""

    photos: int
    captions: int
    left_out: int
    sources: list[SourceAnswer]
    model: ModelAnswer
    search: str
    reembedding: str
    categories: list[CategoryAnswer]
    building: BuildingAnswer | None
