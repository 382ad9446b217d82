"""Any picture that people upload becomes one small square: decoded within limits, upright, cropped, re-encoded."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from events.avatars import MAX_AVATAR_BYTES

SIDE: Final = 256
CONTENT_TYPE: Final = "image/webp"
MAX_PIXELS: Final = 25_000_000
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITIES: Final = (85, 60, 30, 5)


@dataclass(frozen=True)
class Crop:
    """The square to keep, in pixels of the picture as it is shown (that is, turned upright)."""

    x: int
    y: int
    size: int


class PictureUnreadable(ValueError):
    """It is no JPEG, PNG, WebP or GIF, or a damaged one."""


class PictureTooLarge(ValueError):
    """It has more pixels than are worth decoding."""


class CropOutside(ValueError):
    """The crop is not within the picture, which measures `width` × `height`."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"{width} × {height}")
        self.width, self.height = width, height


def square(content: bytes, crop: Crop | None = None) -> bytes:
    """The picture (of a moving one the first) as WebP of 256 × 256 pixels and under 64 kB, without metadata; without a
    crop its middle. Takes up to a second and 300 MB: not for the event loop.

    Raises PictureUnreadable, PictureTooLarge, CropOutside.
    """
    try:
        picture = _decoded(content, crop)
        width, height = picture.size
        box = crop or _middle(width, height)
        if box.x < 0 or box.y < 0 or box.size < 1 or box.x + box.size > width or box.y + box.size > height:
            raise CropOutside(width, height)
        edges = (box.x, box.y, box.x + box.size, box.y + box.size)
        small = _plain(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS, edges, reducing_gap=3.0)
        return _encoded(small)
    except (PictureTooLarge, CropOutside):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureTooLarge from None
    except Exception as error:  # a decoder may raise anything at bytes from outside
        raise PictureUnreadable(type(error).__name__) from error


def _decoded(content: bytes, crop: Crop | None) -> Image.Image:
    picture = Image.open(BytesIO(content), formats=_FORMATS)
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureTooLarge
    if crop is None:
        # A JPEG decodes at a fraction of its size in a fraction of the time; a crop counts in full pixels.
        shorter = min(width, height)
        picture.draft(None, (width * SIDE * 2 // shorter, height * SIDE * 2 // shorter))
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _middle(width: int, height: int) -> Crop:
    size = min(width, height)
    return Crop((width - size) // 2, (height - size) // 2, size)


def _plain(picture: Image.Image) -> Image.Image:
    """In red, green and blue, with transparency where there is some."""
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    wanted = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == wanted else picture.convert(wanted)


def _encoded(picture: Image.Image) -> bytes:
    for quality in _QUALITIES:
        out = BytesIO()
        picture.save(out, "WEBP", quality=quality, alpha_quality=quality, exif=b"", icc_profile=b"", xmp=b"")
        if out.tell() <= MAX_AVATAR_BYTES:
            return out.getvalue()
    raise PictureUnreadable("TooMuchDetail")
