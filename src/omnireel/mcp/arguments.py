"""What each tool takes. The schemas that models see are made from these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_MODEL = "kling/kling-video-o1"
PATIENCE = 50
"""Seconds `wait_task` waits unless told: many hosts give a tool call a minute."""
LONGEST_WAIT = 3600

Link = Annotated[str, Field(min_length=1, max_length=8192, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://")]
TaskId = Annotated[
    str, Field(min_length=1, max_length=128, description="The `task_id` that submit_task returned.")
]


class Arguments(BaseModel):
    """Nothing but what is named: a misspelt argument must not vanish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListModels(Arguments):
    pass


class GetSchema(Arguments):
    model: Annotated[str, Field(min_length=1, description="A slug from list_models.")] = DEFAULT_MODEL


class SubmitTask(Arguments):
    prompt: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2500,
            description="What the video shall show, or what shall become of the source video. `<<<image_1>>>`"
            " names the first of `images`, `<<<video_1>>>` the video.",
        ),
    ]
    model: Annotated[str, Field(min_length=1, description="A slug from list_models.")] = DEFAULT_MODEL
    images: Annotated[
        list[Link] | None,
        Field(
            min_length=1,
            max_length=7,
            description="Reference pictures (jpg, png, webp): links, or the `url` that upload_file returned."
            " At most 4 with a video.",
        ),
    ] = None
    video: Annotated[
        Link | None,
        Field(
            description="The source video (mp4, mov, webm; 3 to 10 s): a link, or upload_file's `url`. With"
            " it `duration` must be absent and `sound` off."
        ),
    ] = None
    mode: Annotated[
        Literal["std", "pro"] | None, Field(description="`std` is 720p and quicker, `pro` (default) 1080p.")
    ] = None
    aspect_ratio: Annotated[
        Literal["16:9", "9:16", "1:1"] | None,
        Field(description="Default 16:9, or the source video's own shape."),
    ] = None
    duration: Annotated[
        int | None,
        Field(
            ge=3,
            le=15,
            description="Seconds, default 5. kling/kling-video-o1 makes 5 or 10, kling/kling-v3-omni-video 3"
            " to 15.",
        ),
    ] = None
    sound: Annotated[Literal["on", "off"] | None, Field(description="Default off.")] = None
    multi_shot: Annotated[bool | None, Field(description="Whether it may cut between shots.")] = None
    seed: Annotated[
        int | None, Field(ge=0, le=2**32 - 1, description="The same request and seed make the same video.")
    ] = None
    negative_prompt: Annotated[
        str | None, Field(min_length=0, max_length=2500, description="What the video shall not show.")
    ] = None
    image_types: Annotated[
        list[Literal["first_frame", "last_frame", "reference"]] | None,
        Field(min_length=1, max_length=7, description="What each of `images` is for, in their order."),
    ] = None
    video_type: Annotated[
        Literal["edit", "reference"] | None,
        Field(description="Whether the source video is edited or only followed."),
    ] = None
    keep_original_sound: Annotated[
        bool | None, Field(description="Whether the source video's own sound is kept.")
    ] = None
    engine: Annotated[
        str | None, Field(min_length=1, description="Which engine makes it; the server's choice when absent.")
    ] = None


class GetTask(Arguments):
    task_id: TaskId


class WaitTask(Arguments):
    task_id: TaskId
    timeout_seconds: Annotated[
        int,
        Field(
            ge=1,
            le=LONGEST_WAIT,
            description="How long to wait; then the task is returned as it is and goes on.",
        ),
    ] = PATIENCE


class UploadFile(Arguments):
    path: Annotated[
        str,
        Field(
            min_length=1,
            max_length=4096,
            description="A picture or clip where this MCP server runs, in one of the allowed folders.",
        ),
    ]


class ListFiles(Arguments):
    limit: Annotated[int, Field(ge=1, le=100, description="At most so many, newest first.")] = 20


class DeleteFile(Arguments):
    file_id: Annotated[
        str,
        Field(min_length=1, max_length=128, description="The `file_id` from upload_file or list_files."),
    ]
