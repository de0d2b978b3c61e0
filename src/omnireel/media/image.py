"""A picture file as a frame."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from omnireel.errors import InvalidFormat, InvalidMedia
from omnireel.media.frames import Frame
from omnireel.media.sniff import sniff
from omnireel.models import MediaKind

MOST_PIXELS = 40_000_000
_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}


def load_image(path: Path, file_format: str) -> Frame:
    """A JPEG, PNG or WebP file as a frame: upright, transparency over white, metadata left behind.

    Of an animation the first picture counts. Raises InvalidMedia when the file is not what it claims to be,
    is damaged, or has more than 40 million pixels, which its header tells before anything is decoded.
    """
    _check_header(path, file_format)
    try:
        with warnings.catch_warnings():
            # Pillow only warns of some damage and of pictures it thinks are bombs.
            warnings.simplefilter("error")
            with Image.open(path, formats=[_FORMATS[file_format]]) as image:
                upright = ImageOps.exif_transpose(image)
                return _bgr(upright)
    except (OSError, SyntaxError, ValueError, Warning, Image.DecompressionBombError) as error:
        raise InvalidMedia(f"the image cannot be decoded: {error}") from error


def _check_header(path: Path, file_format: str) -> None:
    try:
        sniffed = sniff(path, kind=MediaKind.IMAGE)
    except InvalidFormat as error:
        raise InvalidMedia(str(error)) from error
    if sniffed.format != file_format:
        raise InvalidMedia(f"the file is {sniffed.format}, not {file_format}")
    if sniffed.width * sniffed.height > MOST_PIXELS:
        raise InvalidMedia(
            f"the image must have at most {MOST_PIXELS // 1_000_000} million pixels, "
            f"got {sniffed.width}x{sniffed.height}"
        )


def _bgr(image: Image.Image) -> Frame:
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.ascontiguousarray(np.asarray(image.convert("RGB"), np.uint8)[..., ::-1])
