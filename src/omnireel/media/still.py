"""The headers of JPEG, PNG and WebP files."""

from __future__ import annotations

import struct
import zlib

from omnireel.errors import InvalidFormat
from omnireel.media.sniffed import Sniffed
from omnireel.media.window import Window
from omnireel.models import MediaKind

JPEG_START = b"\xff\xd8\xff"
PNG_START = b"\x89PNG\r\n\x1a\n"

_JPEG_SEGMENTS = 2_000
_JPEG_FRAMES = {0xC0, 0xC1, 0xC2}
_JPEG_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_JPEG_BARE = {0x01, *range(0xD0, 0xD8)}
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def read_jpeg(window: Window) -> Sniffed:
    """Size of a JPEG, from its own frame header: embedded thumbnails are stepped over."""
    offset = 2
    for _ in range(_JPEG_SEGMENTS):
        mark, marker = window.read(offset, 2)
        if mark != 0xFF:
            raise InvalidFormat(f"the JPEG is damaged at byte {offset}")
        if marker in _JPEG_OTHER_FRAMES:
            raise InvalidFormat("the JPEG uses a rare coding; accepted are baseline and progressive")
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", window.read(offset + 5, 4))
            return _still("jpg", width, height, window, "jpeg")
        if marker in {0xD9, 0xDA}:
            break
        offset += _jpeg_step(window, offset, marker)
    raise InvalidFormat("the JPEG has no frame header")


def _jpeg_step(window: Window, offset: int, marker: int) -> int:
    if marker == 0xFF:
        return 1
    if marker in _JPEG_BARE:
        return 2
    length = window.number(offset + 2, ">H")
    if length < 2:
        raise InvalidFormat(f"the JPEG is damaged at byte {offset}")
    return 2 + length


def read_png(window: Window) -> Sniffed:
    """Size of a PNG, from a first chunk whose checksum holds. Animations count as their first picture."""
    header = window.read(8, 25)
    length, name = struct.unpack(">I4s", header[:8])
    if length != 13 or name != b"IHDR":
        raise InvalidFormat("the PNG does not begin with its header chunk")
    if zlib.crc32(header[4:21]) != struct.unpack(">I", header[21:])[0]:
        raise InvalidFormat("the PNG's header is damaged: its checksum does not match")
    width, height, depth, colours, packing, filters, _ = struct.unpack(">IIBBBBB", header[8:21])
    if depth not in _PNG_DEPTHS.get(colours, ()) or packing or filters:
        raise InvalidFormat("the PNG's header names a pixel layout that does not exist")
    return _still("png", width, height, window, "png")


def read_webp(window: Window) -> Sniffed:
    """Size of a WebP, lossy, lossless or extended. Animations count as their first picture."""
    riff = window.number(4, "<I")
    if riff + 8 > window.size:
        raise InvalidFormat(
            f"the WebP file ends early: it should have {riff + 8} bytes, it has {window.size}"
        )
    chunk = window.read(12, 4)
    reader = {b"VP8 ": _webp_lossy, b"VP8L": _webp_lossless, b"VP8X": _webp_extended}.get(chunk)
    if reader is None:
        raise InvalidFormat("the WebP file does not begin with a picture")
    width, height = reader(window)
    return _still("webp", width, height, window, "webp")


def _webp_lossy(window: Window) -> tuple[int, int]:
    head = window.read(20, 10)
    if head[0] & 1 or head[3:6] != b"\x9d\x01\x2a":
        raise InvalidFormat("the WebP file does not begin with a key frame")
    width, height = struct.unpack("<HH", head[6:])
    return width & 0x3FFF, height & 0x3FFF


def _webp_lossless(window: Window) -> tuple[int, int]:
    head = window.read(20, 5)
    if head[0] != 0x2F:
        raise InvalidFormat("the lossless WebP file is damaged")
    bits = int.from_bytes(head[1:], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _webp_extended(window: Window) -> tuple[int, int]:
    head = window.read(24, 6)
    return int.from_bytes(head[:3], "little") + 1, int.from_bytes(head[3:], "little") + 1


def _still(name: str, width: int, height: int, window: Window, codec: str) -> Sniffed:
    if not width or not height:
        raise InvalidFormat(f"the image's header says {width}x{height} pixels")
    return Sniffed(MediaKind.IMAGE, name, width, height, window.size, codecs=(codec,))
