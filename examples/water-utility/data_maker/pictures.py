"""64 x 64 pictures of a water meter as PNG files, from the standard library alone."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

SIZE = 64
CENTRE = SIZE / 2
Colour = tuple[int, int, int]
Shape = Callable[[int, int], bool]
Pixels = list[list[Colour]]
WALL: Colour = (150, 140, 128)
RIM: Colour = (60, 90, 150)
FACE: Colour = (244, 244, 238)
INK: Colour = (25, 25, 30)
RED: Colour = (196, 40, 40)
WATER: Colour = (40, 120, 230)
COVER: Colour = (48, 40, 34)
BARS = 5


def draw_meter(rng: random.Random, state: str) -> bytes:
    """A dial with a counter; blurred (模糊), wet (漏水) or half covered (遮挡)."""
    shade = rng.randint(-25, 25)
    pixels: Pixels = [[_tone(WALL, shade + noise % 17 - 8) for noise in rng.randbytes(SIZE)] for _ in range(SIZE)]
    _paint(pixels, RIM, lambda x, y: (x - CENTRE) ** 2 + (y - CENTRE) ** 2 <= 29**2)
    _paint(pixels, _tone(FACE, shade // 2), lambda x, y: (x - CENTRE) ** 2 + (y - CENTRE) ** 2 <= 25**2)
    _draw_counter(rng, pixels)
    if state == "模糊":
        for _ in range(3):
            pixels = _blurred(pixels)
    elif state == "漏水":
        drop_x, drop_y = rng.randint(22, 42), rng.randint(44, 50)
        _paint(pixels, WATER, lambda x, y: (x - drop_x) ** 2 + (y - drop_y) ** 2 <= 49)
        _paint(pixels, WATER, lambda x, y: drop_y - 14 <= y <= drop_y and abs(x - drop_x) <= (y - drop_y + 14) / 2)
    elif state == "遮挡":
        left, top = rng.randint(8, 22), rng.randint(14, 24)
        _paint(pixels, COVER, lambda x, y: left <= x <= left + 32 and top <= y <= top + 24)
    return png(pixels)


def png(pixels: Pixels) -> bytes:
    """An RGB picture, 8 bits a channel (ISO/IEC 15948)."""
    lines = b"".join(b"\0" + bytes(value for pixel in line for value in pixel) for line in pixels)
    header = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _tone(colour: Colour, shade: int) -> Colour:
    red, green, blue = (min(255, max(0, value + shade)) for value in colour)
    return red, green, blue


def _paint(pixels: Pixels, colour: Colour, inside: Shape) -> None:
    for y, line in enumerate(pixels):
        for x in range(len(line)):
            if inside(x, y):
                line[x] = colour


def _draw_counter(rng: random.Random, pixels: Pixels) -> None:
    """A window with one bar for each digit, as high as the digit is large, and a red pointer below."""
    _paint(pixels, INK, lambda x, y: 14 <= x <= 50 and 20 <= y <= 34)
    for digit in range(BARS):
        left, height = 16 + digit * 7, 2 + rng.randint(0, 9)
        _paint(pixels, FACE, lambda x, y, left=left, height=height: left <= x < left + 5 and 33 - height <= y < 33)  # type: ignore[misc]
    end = rng.randint(24, 40)
    _paint(pixels, RED, lambda x, y: 40 <= y <= 50 and abs(x - (CENTRE + (end - CENTRE) * (50 - y) / 10)) <= 1)


def _blurred(pixels: Pixels) -> Pixels:
    """The mean of each 3 x 3 neighbourhood."""
    near = [range(max(0, i - 1), min(SIZE, i + 2)) for i in range(SIZE)]
    return [[_mean([pixels[v][u] for v in near[y] for u in near[x]]) for x in range(SIZE)] for y in range(SIZE)]


def _mean(colours: list[Colour]) -> Colour:
    red, green, blue = (sum(values) // len(colours) for values in zip(*colours, strict=True))
    return red, green, blue
