"""PNM layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .layout import DAMAGED, DEEP, FRAMES, GREY, HEIGHT, RGB, TRUNCATED, WIDTH, Layout, packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.quality.image import Image


def layouts() -> Iterator[Layout]:
    """Yield PNM layouts."""

    def text(samples: Image) -> bytes:
        return b" ".join(b"%d" % value for value in samples.ravel())

    size = b"%d %d\n" % (WIDTH, HEIGHT)
    bits = GREY >> 7
    yield Layout("P1", b"P1\n" + size + text(bits), 255 - bits * 255)
    yield Layout(
        "P1, no spaces, comments", b"P1\n#a\n" + size + b"# b\n" + text(bits).replace(b" ", b""), 255 - bits * 255
    )
    yield Layout("P4", b"P4\n" + size + b"".join(packed(bits, 1)), 255 - bits * 255)
    for maximum in (1, 3, 15, 100, 200, 254, 255):
        for number, samples in ((2, GREY), (3, RGB)):
            values = samples if maximum == 255 else samples % (maximum + 1)
            scaled = np.floor(values.astype(int) * 255 / maximum + 0.5).astype(np.uint8)
            head = b"P%d\n# comment\n" + size + b"%d\n"
            yield Layout(f"P{number}, maximum {maximum}", head % (number, maximum) + text(values), scaled)
            yield Layout(f"P{number + 3}, maximum {maximum}", head % (number + 3, maximum) + values.tobytes(), scaled)
    for maximum in (256, 1023, 65535):
        for number in (2, 3, 5, 6):
            body = text(RGB) if number < 4 else bytes(6 * HEIGHT * WIDTH)
            yield Layout(f"P{number}, maximum {maximum}", b"P%d\n%s%d\n" % (number, size, maximum) + body, DEEP)
    for number, body in ((2, text(GREY)), (5, GREY.tobytes())):
        yield Layout(f"P{number}, a sample above the maximum", b"P%d\n%s%d\n" % (number, size, 100) + body, DAMAGED)
        yield Layout(f"P{number}, maximum 0", b"P%d\n%s0\n" % (number, size) + body, DAMAGED)
    for number, body in (
        (1, text(bits)),
        (2, text(GREY)),
        (3, text(RGB)),
        (4, b"".join(packed(bits, 1))),
        (5, GREY.tobytes()),
        (6, RGB.tobytes()),
    ):
        head = b"P%d\n%s%s" % (number, size, b"" if number in {1, 4} else b"255\n")
        yield Layout(f"P{number}, half of the data", head + body[: len(body) // 2], TRUNCATED)
        if number > 3:
            yield Layout(f"P{number}, two images", (head + body) * 2, FRAMES)
    yield Layout(
        "P7 (PAM)", b"P7\nWIDTH 19\nHEIGHT 13\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + RGB.tobytes(), "is PAM"
    )
    for kind in (b"PF", b"Pf"):
        yield Layout(f"{kind.decode()} (float)", kind + b"\n" + size + b"-1.0\n" + bytes(12 * WIDTH * HEIGHT), "is PFM")
