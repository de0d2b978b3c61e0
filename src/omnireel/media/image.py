"""A picture file as a frame."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from omnireel.errors import InvalidFormat, InvalidMedia
from omnireel.media.frames import Frame
from omnireel.media.sniff import sniff
from omnireel.models import MediaKind

MOST_PIXELS = 40_000_000
_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's parsers raise for damaged files, found by feeding them tens of thousands.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)


def load_image(path: Path, file_format: str) -> Frame:
    """A JPEG, PNG or WebP file as a frame: upright, transparency over white, metadata left behind.

    Of an animation the first picture counts. Raises InvalidMedia when the file is not what it claims to be,
    is damaged, or has more than 40 million pixels, which its header tells before anything is decoded.
    """
    _check_header(path, file_format)
    with warnings.catch_warnings():
        # Pillow warns of odd metadata, none of which is kept.
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=[_FORMATS[file_format]]) as image:
                # Before anything looks at metadata: some of it lies behind the pixels.
                image.load()
                return _bgr(_upright(image))
        except UnidentifiedImageError:
            raise InvalidMedia("the image cannot be decoded: its header is damaged") from None
        except _DAMAGE as error:
            raise InvalidMedia(
                f"the image cannot be decoded: {str(error) or type(error).__name__}"
            ) from error


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation says; damaged EXIF says nothing."""
    try:
        turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGE:
        turn = None
    return image.transpose(turn) if turn is not None else image


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
