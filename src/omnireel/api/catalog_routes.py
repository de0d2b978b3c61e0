"""What can be asked for, and how."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from omnireel.api.answers import ModelAnswer, ModelPage, ModelsAnswer
from omnireel.api.auth import CallerHere
from omnireel.api.lean import LeanRoute
from omnireel.api.links import Links
from omnireel.api.openapi import model_document, problems
from omnireel.api.rooms import RoomsHere
from omnireel.catalog.model import Model
from omnireel.errors import NotFound

CATEGORY = "video"
PageNumber = Annotated[int, Query(ge=1, le=10_000)]
PageSize = Annotated[int, Query(ge=1, le=100)]
Category = Annotated[str | None, Query(max_length=64)]

router = APIRouter(route_class=LeanRoute, tags=["catalogue"])


@router.get("/api/v1/models", summary="Every model", responses=problems(400, 401, 429, 503))
def models(
    _caller: CallerHere,
    rooms: RoomsHere,
    category: Category = None,
    page: PageNumber = 1,
    page_size: PageSize = 20,
) -> ModelsAnswer:
    matching = rooms.models.values() if category in (None, CATEGORY) else ()
    entries = [_entry(model, rooms.links) for model in matching]
    return ModelsAnswer(models=entries, data=_page(entries, page, page_size))


@router.get("/models/{provider}/{model}/api_schema", summary="A model's schema", responses=problems(404))
def api_schema(provider: str, model: str, rooms: RoomsHere) -> dict[str, Any]:
    found = rooms.models.get(f"{provider}/{model}")
    if found is None:
        raise NotFound("there is no such model; GET /api/v1/models lists them")
    return model_document(found, rooms.values.terms, rooms.links)


def _entry(model: Model, links: Links) -> ModelAnswer:
    return ModelAnswer(
        slug=model.slug,
        provider=model.provider,
        model_id=model.model_id,
        display_name=model.display_name,
        description=model.description,
        docs_url=links.docs(),
        categories=[CATEGORY],
    )


def _page(entries: list[ModelAnswer], page: int, page_size: int) -> ModelPage:
    start = (page - 1) * page_size
    return ModelPage(
        items=entries[start : start + page_size],
        total=len(entries),
        page=page,
        page_size=page_size,
        has_more=start + page_size < len(entries),
    )
