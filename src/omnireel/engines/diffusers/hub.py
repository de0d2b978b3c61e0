"""A hub of models, through huggingface_hub: what a repository holds, and its files.

The library's own downloads throw away what has come when they end early (2.4), which is hours of work with
such files. So its parts are used one by one: the listing, the addresses, the reading of an answer.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import httpx2

from omnireel.engines.diffusers.weight_files import HubFile, Record, taken
from omnireel.errors import OmnireelError
from omnireel.version import __version__

OFFICIAL: Final = "https://huggingface.co"


class PullFailed(OmnireelError):
    """Weights could not be downloaded; the message says what to do."""


class Hub:
    """`endpoint` is its origin; the official one by default. The token is HF_TOKEN's, or `hf auth`'s."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = (endpoint or OFFICIAL).rstrip("/")
        self._library = _library()
        # Its warnings tell of retries only, between the lines of our progress.
        self._library.logging.set_verbosity_error()

    def listing(self, repo: str, revision: str) -> Record:
        """What a revision consists of, the files that we take. Raises PullFailed."""
        api = self._library.HfApi(
            endpoint=self.endpoint, library_name="omnireel", library_version=__version__
        )
        with self._plainly(repo, revision):
            found = api.model_info(repo, revision=revision, files_metadata=True)
        files = tuple(_file(one) for one in found.siblings or ())
        return Record(repo=repo, commit=str(found.sha), files=taken(files))

    def fetch(self, record: Record, file: HubFile, part: Path, told: Callable[[int], None]) -> None:
        """Bring the rest of a file. What has come stays when this raises, PullFailed for instance."""
        part.parent.mkdir(parents=True, exist_ok=True)
        address = self._library.hf_hub_url(
            record.repo, file.name, revision=record.commit, endpoint=self.endpoint
        )
        headers = self._library.utils.build_hf_headers(library_name="omnireel", library_version=__version__)
        with self._plainly(record.repo, record.commit), part.open("ab") as stream:
            self._library.file_download.http_get(
                address,
                stream,
                resume_size=stream.tell(),
                headers=headers,
                expected_size=file.size,
                tqdm_class=partial(_Counter, told),
            )

    @contextmanager
    def _plainly(self, repo: str, revision: str) -> Iterator[None]:
        """The library's errors as sentences for who sits at the keyboard."""
        errors = self._library.errors
        try:
            yield
        except errors.GatedRepoError:
            raise PullFailed(
                f"{repo} is only for those who have accepted its terms: do so at {self.endpoint}/{repo},"
                " then set HF_TOKEN to a token of the same account"
            ) from None
        except errors.RepositoryNotFoundError:
            raise PullFailed(
                f"there is no {repo} at {self.endpoint}, or not for us; if it is private, set HF_TOKEN"
            ) from None
        except errors.RevisionNotFoundError:
            raise PullFailed(f"{repo} has no revision {revision!r}") from None
        except errors.HfHubHTTPError as error:
            status = error.response.status_code
            raise PullFailed(f"{self.endpoint} answered {status} for {repo}; try again later") from error
        except errors.OfflineModeIsEnabled:
            raise PullFailed("HF_HUB_OFFLINE is set; nothing can be downloaded") from None
        except httpx2.HTTPError as error:
            raise PullFailed(
                f"{self.endpoint} cannot be reached: {str(error) or type(error).__name__}"
            ) from error
        except (OSError, ValueError) as error:
            full = isinstance(error, OSError) and error.errno == errno.ENOSPC
            raise PullFailed("the disk is full" if full else f"{repo}: {error}") from error


class _Counter:
    """Stands where the library has a progress bar: passes on how many bytes came."""

    def __init__(self, told: Callable[[int], None], **_: object) -> None:
        self.update = told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ending: object) -> None:
        """Nothing was drawn."""


def _file(found: Any) -> HubFile:
    lfs = found.lfs
    return HubFile(
        name=found.rfilename,
        size=found.size or 0,
        sha256=lfs.sha256 if lfs is not None else None,
        blob=None if lfs is not None else found.blob_id,
    )


def _library() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors
        import huggingface_hub.file_download
        import huggingface_hub.utils.logging
    except ModuleNotFoundError as error:
        raise PullFailed(
            f"models are downloaded with huggingface_hub, and {error.name} is not installed:"
            " pip install 'omnireel[diffusers]'"
        ) from None
    return huggingface_hub
