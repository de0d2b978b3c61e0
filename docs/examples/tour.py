"""Every noun of the SDK, once: `python tour.py picture.jpg`. Makes a video of the picture, and clears up."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from omnireel import Client, File, NotFoundError, OutcomeUnknown, Task

PROMPT = "The camera drifts to the right"


def look_around(client: Client) -> None:
    print("ready:", client.readiness().ready, "key:", client.key_is_valid(), "balance:", client.balance())
    for model in client.models.list():
        schema = client.models.describe(model.slug).schema
        print(model.slug, "takes", ", ".join(schema["properties"]))


def submit(client: Client, picture: File) -> Task:
    expected = client.videos.estimate(PROMPT, images=[picture], mode="std")
    print("expected:", expected.expected_seconds, "s for USD", expected.price)
    try:
        return client.videos.create(PROMPT, images=[picture], mode="std", seed=7, priority="high")
    except OutcomeUnknown as error:
        # Sent again under the same key, it cannot become two.
        return client.videos.create(
            PROMPT, images=[picture], mode="std", seed=7, idempotency_key=error.idempotency_key
        )


def main(path: str) -> None:
    with Client() as client:
        look_around(client)
        file = client.files.upload(path)
        print("uploaded:", file.filename, client.files.usage().used_bytes, "bytes in use")

        task = submit(client, file)
        for event in client.tasks.events(task.task_id):
            print(event.type, event.task.status, event.task.progress)
        result = client.tasks.wait(task.task_id, timeout=0)
        saved = [result.download("video.mp4"), result.download("poster.jpg", role="poster")]
        print("saved:", *saved)

        answer = client.tasks.with_raw_response.get(task.task_id)
        print("request id:", answer.request_id, "left:", answer.headers["x-ratelimit-remaining"])
        today = datetime.now(UTC) - timedelta(days=1)
        for found in client.tasks.list(status="success", created_after=today):
            print(found.task_id, found.created_at)
        for delivery in client.webhooks.list(task_id=task.task_id):
            print(delivery.event, delivery.status)

        client.tasks.delete(task.task_id)
        client.files.delete(file.file_id)
        try:
            client.tasks.get(task.task_id)
        except NotFoundError as error:
            print("gone:", error)


if __name__ == "__main__":
    main(str(Path(sys.argv[1])))
