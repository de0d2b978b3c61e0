"""`/v1/models` as the `openai` package reads it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from omnireel.api.auth import CallerHere
from omnireel.api.dialects.openai.asked import find_model
from omnireel.api.dialects.openai.errors import openai_problems
from omnireel.api.rooms import RoomsHere
from omnireel.catalog.model import Model

OWNER = "omnireel"


class ModelShown(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: Annotated[int, Field(description="Always 0: nobody notes when a model came here.")] = 0
    owned_by: str = OWNER


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelShown]


router = APIRouter(prefix="/v1/models", tags=["videos as OpenAI has them"])


@router.get("", summary="The models, as OpenAI lists them", responses=openai_problems(401, 429, 503))
def models(_caller: CallerHere, rooms: RoomsHere) -> ModelList:
    return ModelList(data=[_shown(model) for model in rooms.models.values()])


@router.get(
    "/{model:path}", summary="A model, as OpenAI shows it", responses=openai_problems(401, 404, 429, 503)
)
def one_model(model: str, _caller: CallerHere, rooms: RoomsHere) -> ModelShown:
    return _shown(find_model(model, rooms.models))


def _shown(model: Model) -> ModelShown:
    return ModelShown(id=model.model_id)
