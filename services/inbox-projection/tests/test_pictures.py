"""Uploaded pictures become small squares, or are refused for a reason."""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from events.avatars import MAX_AVATAR_BYTES
from inbox_projection.picture_work import PictureWork
from inbox_projection.pictures import SIDE, Crop, CropOutside, PictureTooLarge, PictureUnreadable, square

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def stripes(width: int = 300, height: int = 100) -> Image.Image:
    """Red, green and blue side by side."""
    picture = Image.new("RGB", (width, height), GREEN)
    picture.paste(RED, (0, 0, width // 3, height))
    picture.paste(BLUE, (width - width // 3, 0, width, height))
    return picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def shown(content: bytes) -> Image.Image:
    picture = Image.open(BytesIO(content))
    assert (picture.format, picture.size) == ("WEBP", (SIDE, SIDE))
    assert len(content) <= MAX_AVATAR_BYTES
    return picture


def color(picture: Image.Image, x: float, y: float) -> str:
    """Which of red, green and blue is strongest there."""
    pixel: Any = picture.convert("RGB").getpixel((int(x * (SIDE - 1)), int(y * (SIDE - 1))))
    return "rgb"[pixel.index(max(pixel))]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_middle_of_a_picture_is_kept(kind: str) -> None:
    small = shown(square(encoded(stripes(), kind)))
    assert {color(small, x, y) for x in (0.05, 0.95) for y in (0.05, 0.95)} == {"g"}


@pytest.mark.parametrize(("x", "wanted"), [(0, "r"), (100, "g"), (200, "b")])
def test_the_square_that_was_chosen_is_kept(x: int, wanted: str) -> None:
    assert color(shown(square(encoded(stripes(), "JPEG"), Crop(x, 0, 100))), 0.5, 0.5) == wanted


def test_of_a_large_photo_the_square_counts_in_its_own_pixels() -> None:
    assert color(shown(square(encoded(stripes(3000, 2000), "JPEG"), Crop(2100, 900, 300))), 0.5, 0.5) == "b"


def test_a_photo_is_turned_upright_and_says_nothing_of_camera_and_place() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    exif[0x010F] = "Camera of Ada"
    content = encoded(stripes(100, 300).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    small = square(content, Crop(0, 0, 100))
    assert b"Camera of Ada" in content and b"Camera" not in small
    picture = shown(small)
    assert not picture.getexif() and not {"exif", "icc_profile", "xmp"} & picture.info.keys()
    upright = square(content)
    assert shown(upright).size == (SIDE, SIDE)
    with pytest.raises(CropOutside) as outside:
        square(content, Crop(0, 0, 101))
    assert (outside.value.width, outside.value.height) == (100, 300)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_every_kind_of_pixel_is_taken(mode: str) -> None:
    picture = Image.new(mode, (40, 30), 40_000) if mode == "I;16" else stripes(40, 30).convert(mode)
    shown(square(encoded(picture)))


def test_transparency_stays() -> None:
    small = shown(square(encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 0)))))
    pixel: Any = small.getpixel((0, 0))
    assert pixel[3] == 0


def test_of_a_moving_picture_the_first_is_kept() -> None:
    frames = [Image.new("RGB", (20, 20), RED), Image.new("RGB", (20, 20), BLUE)]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert color(shown(square(moving)), 0.5, 0.5) == "r"


def test_noise_is_small_too() -> None:
    shown(square(encoded(Image.frombytes("RGBA", (SIDE, SIDE), os.urandom(4 * SIDE * SIDE)))))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n" + b"x" * 200,
        encoded(stripes(), "JPEG")[:800],
        encoded(stripes(), "PNG")[:-40],
        encoded(stripes(), "BMP"),
        encoded(stripes(), "TIFF"),
    ],
    ids=["empty", "gif", "svg", "pdf", "png", "cut-jpeg", "cut-png", "bmp", "tiff"],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(PictureUnreadable):
        square(content)


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it has so many pixels and brings a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [5_001, 10_000, 20_000, 1_000_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(PictureTooLarge):
        square(bomb(side, side))


@pytest.mark.parametrize("crop", [Crop(0, 0, 101), Crop(250, 0, 60), Crop(0, 50, 60), Crop(0, 0, 0)])
def test_a_square_outside_the_picture_is_refused(crop: Crop) -> None:
    with pytest.raises(CropOutside):
        square(encoded(stripes()), crop)


async def test_pictures_are_made_beside_the_event_loop() -> None:
    assert shown(await PictureWork().square(encoded(stripes()), None))
    with pytest.raises(PictureUnreadable):
        await PictureWork().square(b"", None)
