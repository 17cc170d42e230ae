"""Pictures of parts for the demo's grid, drawn by rule: washers, some of them chipped, and what a camera proposes."""

import io
import random

from PIL import Image, ImageDraw

NUMBER = 48
SIDE = 320


def parts() -> list[tuple[str, bytes, str]]:
    """Name, PNG and proposed label of each part; the same every time. Some proposals are wrong: that's the work."""
    dice = random.Random(24)
    found = []
    for index in range(NUMBER):
        kind = dice.choices(["good", "chipped", "missing"], [7, 2, 1])[0]
        proposed = kind if dice.random() < 0.85 else "good"
        found.append((f"washer-{index + 1:02}.png", _drawn(kind, dice), proposed))
    return found


def _drawn(kind: str, dice: random.Random) -> bytes:
    shade = dice.randrange(196, 226)
    image = Image.new("RGB", (SIDE, SIDE * 3 // 4), (shade, shade, shade - 8))
    draw = ImageDraw.Draw(image)
    for line in range(0, SIDE, 16):
        draw.line([(line, 0), (line, SIDE)], fill=(shade - 6, shade - 6, shade - 14), width=2)
    x, y, size = SIDE // 2 + dice.randrange(-40, 41), SIDE * 3 // 8 + dice.randrange(-20, 21), dice.randrange(64, 84)
    if kind != "missing":
        draw.ellipse([x - size + 5, y - size + 7, x + size + 5, y + size + 7], fill=(shade - 50,) * 3)
        draw.ellipse([x - size, y - size, x + size, y + size], fill=(112, 120, 130), outline=(70, 76, 84), width=3)
        hole = size // 2
        draw.ellipse(
            [x - hole, y - hole, x + hole, y + hole], fill=(shade, shade, shade - 8), outline=(70, 76, 84), width=3
        )
    if kind == "chipped":
        start = dice.randrange(360)
        draw.pieslice(
            [x - size - 8, y - size - 8, x + size + 8, y + size + 8], start, start + 26, fill=(shade, shade, shade - 8)
        )
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
