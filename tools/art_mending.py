"""Mends pictures of an art pack: boats lose their painted water, slanted craft are turned upright, and heads
and busts get a body."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float32]
SKINS = {"light": "f9cfae", "medium": "c68c5b", "dark": "8a5a3c", "": "ffc83d"}


def colour(text: str) -> Floats:
    return np.array([int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


class Toy:
    """A canvas, straight RGBA in 0..1, on which soft solids are stacked."""

    def __init__(self, width: int, height: int) -> None:
        self.rgb: Floats = np.zeros((height, width, 3), np.float32)
        self.alpha: Floats = np.zeros((height, width), np.float32)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        self._x, self._y = columns + 0.5, rows + 0.5

    def over(self, rgb: Floats, alpha: Floats) -> None:
        total = alpha + self.alpha * (1 - alpha)
        weight = (alpha / np.maximum(total, 1e-6))[..., None]
        self.rgb = (rgb * weight + self.rgb * (1 - weight)).astype(np.float32)
        self.alpha = total

    def blob(self, x: float, y: float, rx: float, ry: float, tint: Floats, lean: float = 0.0) -> None:
        """A shaded ellipsoid lit from the upper left, like the pack's own modelling."""
        turn = np.float32(np.deg2rad(lean))
        dx, dy = self._x - x, self._y - y
        u = (dx * np.cos(turn) + dy * np.sin(turn)) / rx
        v = (-dx * np.sin(turn) + dy * np.cos(turn)) / ry
        distance = np.sqrt(u * u + v * v)
        z = np.sqrt(np.clip(1 - distance * distance, 0, 1))
        light = np.clip(0.70 + 0.34 * (-0.42 * dx / rx - 0.50 * dy / ry + 0.75 * z), 0.35, 1.12)[..., None]
        blush = np.clip(dy / ry * 0.5 + 0.1, 0, 0.4)[..., None] * np.array([0.02, -0.06, 0.06], np.float32)
        alpha = np.clip((1 - distance) * min(rx, ry) / 1.4, 0, 1)
        self.over(np.clip(tint * light + blush, 0, 1), alpha)

    def paste(self, picture: Image.Image, x: int, y: int, width: int) -> None:
        """Stack a picture with its top left corner at x, y."""
        height = round(picture.height * width / picture.width)
        pixels = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS), np.float32) / 255
        rgb, alpha = np.zeros_like(self.rgb), np.zeros_like(self.alpha)
        rows, columns = min(height, self.alpha.shape[0] - y), min(width, self.alpha.shape[1] - x)
        rgb[y : y + rows, x : x + columns] = pixels[:rows, :columns, :3]
        alpha[y : y + rows, x : x + columns] = pixels[:rows, :columns, 3]
        self.over(rgb, alpha)

    def picture(self) -> Image.Image:
        pixels = np.concatenate([self.rgb, self.alpha[..., None]], axis=2)
        return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8), "RGBA")


def trimmed(picture: Image.Image) -> Image.Image:
    mask = picture.getchannel("A").point(lambda value: 255 if value > 8 else 0)
    return picture.crop(mask.getbbox())


def plush(head: Image.Image, coat: Floats, belly: Floats, limbs: Floats) -> Image.Image:
    """A standing soft toy, seen from the front, under a head."""
    toy = Toy(256, 352)
    for x in (96, 160):
        toy.blob(x, 310, 29, 38, limbs)
    for x, lean in ((64, 24), (192, -24)):
        toy.blob(x, 226, 24, 54, limbs, lean)
    toy.blob(128, 236, 66, 82, coat)
    toy.blob(128, 250, 43, 56, belly)
    toy.paste(trimmed(head), 32, 6, 192)
    return trimmed(toy.picture())


def kid(head: Image.Image, shirt: Floats, trousers: Floats, tone: str = "") -> Image.Image:
    """A small person with a large head."""
    skin = colour(SKINS[tone])
    toy = Toy(256, 380)
    for x in (104, 152):
        toy.blob(x, 316, 23, 50, trousers)
        toy.blob(x, 357, 25, 14, colour("4a4468"))
    for x, lean in ((72, 22), (184, -22)):
        toy.blob(x, 268, 17, 20, skin)
        toy.blob(x + (6 if x < 128 else -6), 236, 19, 42, shirt, lean)
    toy.blob(128, 248, 52, 66, shirt)
    toy.paste(trimmed(head), 44, 20, 168)
    return trimmed(toy.picture())


def figure(bust: Image.Image, coat: Floats, legs: Floats) -> Image.Image:
    """A bust carried on: the coat closes below it, then legs and shoes."""
    bust = trimmed(bust)
    toy = Toy(256, 420)
    for x in (102, 154):
        toy.blob(x, 336, 25, 66, legs)
        toy.blob(x, 396, 28, 15, colour("4a4468"))
    toy.blob(128, 258, 70, 76, coat)
    width = 196
    bottom = round(bust.height * width / bust.width)
    toy.paste(_rounded_below(bust), (256 - width) // 2, max(0, 250 - bottom), width)
    return trimmed(toy.picture())


def own_cloth(bust: Image.Image) -> tuple[Floats, Floats]:
    """The coat a bust already wears, by the middle of its lower edge, and darker trousers to go with it."""
    pixels = np.asarray(trimmed(bust), np.float32)
    band = pixels[int(pixels.shape[0] * 0.86) :].reshape(-1, 4)
    worn = np.median(band[band[:, 3] > 200][:, :3], axis=0) / 255
    trousers = worn * 0.45 + np.array([0.10, 0.10, 0.16])
    return worn.astype(np.float32), trousers.astype(np.float32)


def _rounded_below(bust: Image.Image) -> Image.Image:
    """Round the cut edge of a bust so that it reads as a coat's hem, not a shelf."""
    pixels = np.array(bust)
    height, width = pixels.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    side = np.abs(columns / (width - 1) * 2 - 1)
    hem = height * (1.0 - 0.30 * np.clip(side - 0.35, 0, 1) ** 1.6 / 0.65**1.6)
    pixels[..., 3] = (pixels[..., 3] * np.clip(hem - rows, 0, 1)).astype(np.uint8)
    return Image.fromarray(pixels, "RGBA")


def without_flame(picture: Image.Image) -> Image.Image:
    """The engine paints a moving flame of its own: the pack's still one, at the tail, goes."""
    picture = trimmed(picture)
    pixels = np.array(picture).astype(np.int16)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    height = pixels.shape[0]
    flame = (red > 200) & (green > 105) & (blue < 130)
    flame[: int(height * 0.7)] = False
    pixels[flame] = 0
    pixels[int(height * 0.87) :] = 0
    return trimmed(Image.fromarray(pixels.astype(np.uint8), "RGBA"))


def mend(picture: Image.Image, recipe: str, tone: str = "") -> Image.Image:
    """Apply one recipe, `name/value/value`. `tone` is the skin of a figure that gets new limbs."""
    name, *values = recipe.split("/")
    match name:
        case "crop":
            whole = trimmed(picture)
            return whole.crop((0, 0, whole.width, round(whole.height * (1 - float(values[0])))))
        case "turn":
            return trimmed(picture.rotate(-float(values[0]), Image.Resampling.BICUBIC, expand=True))
        case "rocket":
            turned = picture.resize((512, 512), Image.Resampling.LANCZOS)
            turned = turned.rotate(float(values[0]), Image.Resampling.BICUBIC, expand=True)
            return without_flame(turned)
        case "plush":
            return plush(picture, colour(values[0]), colour(values[1]), colour(values[0]))
        case "panda":
            return plush(picture, colour(values[1]), colour(values[1]), colour(values[0]))
        case "kid":
            return kid(picture, colour(values[0]), colour(values[1]), tone)
        case "figure" if not values:
            return figure(picture, *own_cloth(picture))
        case "figure":
            return figure(picture, colour(values[0]), colour(values[1]))
    raise ValueError(f"unknown recipe {recipe!r}")
