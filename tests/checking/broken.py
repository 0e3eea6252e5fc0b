"""Methods that are broken on purpose, one mistake each, and some with several: what `check` has to find.

Each is the text of a plug-in, which uses what `BASE` defines: a sound bicubic interpolation.
"""

from __future__ import annotations

from typing import NamedTuple

BASE = '''
import cv2
import numpy as np


def larger(image, factor, kind=cv2.INTER_CUBIC):
    """Return floats on the scale of `image`, neither rounded nor clipped."""
    return cv2.resize(image.astype(np.float32), None, fx=factor, fy=factor, interpolation=kind)


def like(values, image):
    """Return values as an image of the dtype of `image`."""
    if image.dtype == np.uint8:
        return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)
    return values.astype(image.dtype)


def peak(image):
    return 255 if image.dtype == np.uint8 else 1


def moved(values, down, right, grow=1.0):
    matrix = np.float32([[1 / grow, 0, -right], [0, 1 / grow, -down]])
    height, width = values.shape[:2]
    if grow != 1:
        matrix[:, 2] = [(1 - 1 / grow) * (width - 1) / 2, (1 - 1 / grow) * (height - 1) / 2]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(values, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
'''


class Broken(NamedTuple):
    """A broken method: the plug-in behind `BASE`, and the checks of which each has to find something."""

    code: str
    checks: tuple[str, ...]
    only: bool = True
    """Whether no other check finds anything."""


def of(body: str, *checks: str, before: str = "", only: bool = True) -> Broken:
    """Return a broken method whose upscaler has `body`, after the lines `before` in `load`."""
    lines = [f"        {line}" for line in body.strip().splitlines()]
    setup = [f"    {line}" for line in before.strip().splitlines()]
    code = "\n".join(["def load(factor, device):", *setup, "    def upscale(image):", *lines, "    return upscale", ""])
    return Broken(code, checks, only)


SOUND = of("return like(larger(image, factor), image)")

METHODS = {
    # contract
    "shape": of("return like(larger(image, factor), image)[1:]", "contract", only=False),
    "dtype": of("return larger(image, factor)", "contract", only=False),
    "writes-to-input": of("image[:1] = 0; return like(larger(image, factor), image)", "contract", only=False),
    # place
    "half-pixel": of("return like(moved(larger(image, factor), 0.5, 0.5), image)", "shift"),
    "corner": of(
        """
values = image.astype(np.float32)
height, width = image.shape[0] * factor, image.shape[1] * factor
matrix = np.float32([[1 / factor, 0, 0], [0, 1 / factor, 0]])
flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
return like(cv2.warpAffine(values, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE), image)
""",
        "shift",
    ),
    "fifth-of-a-pixel": of("return like(moved(larger(image, factor), 0.0, 0.2), image)", "shift"),
    "align-corners": of(
        """
import torch
planes = torch.from_numpy(np.atleast_3d(image.astype(np.float32))).permute(2, 0, 1)[None]
sr = torch.nn.functional.interpolate(planes, scale_factor=factor, mode="bilinear", align_corners=True)
sr = sr[0].permute(1, 2, 0).numpy().reshape(image.shape[0] * factor, image.shape[1] * factor, *image.shape[2:])
return like(sr, image)
""",
        "shift",
    ),
    "mirrored": of("return like(larger(image, factor), image)[:, ::-1].copy()", "shift", only=False),
    "transposed": of(
        """
sr = like(larger(image, factor), image)
return sr.swapaxes(0, 1).copy() if image.shape[0] == image.shape[1] else sr
""",
        "shift",
        only=False,
    ),
    "floats-moved": of(
        "sr = larger(image, factor); return like(sr if image.dtype == np.uint8 else moved(sr, 0, -0.3), image)", "shift"
    ),
    "grey-moved": of(
        "sr = larger(image, factor); return like(moved(sr, 0.5, 0.5) if sr.ndim == 2 else sr, image)",
        "shift",
        only=False,
    ),
    "colours-moved": of(
        """
sr = larger(image, factor)
if sr.ndim == 3:
    lightness = (sr @ np.float32([0.299, 0.587, 0.114]))[..., None]
    sr = lightness + moved(sr - lightness, 0.5, 0.5)
return like(sr, image)
""",
        "shift",
    ),
    # values
    "bgr": of("sr = like(larger(image, factor), image); return sr[..., ::-1].copy() if sr.ndim == 3 else sr", "colour"),
    "channels-turned": of(
        "sr = like(larger(image, factor), image); return sr[..., [1, 2, 0]].copy() if sr.ndim == 3 else sr", "colour"
    ),
    "floats-bgr": of(
        "sr = like(larger(image, factor), image); return sr[..., ::-1] if sr.ndim == 3 and sr.dtype != 'u1' else sr",
        "colour",
        only=False,
    ),
    "limited-range": of("return like(larger(image, factor) * (219 / 255) + peak(image) * 16 / 255, image)", "range"),
    "expanded-range": of("return like((larger(image, factor) - peak(image) * 16 / 255) * (255 / 219), image)", "range"),
    "gamma": of(
        "top = peak(image); return like(np.clip(larger(image, factor) / top, 0, 1) ** 2.2 * top, image)", "range"
    ),
    "scale-0-to-1": of(
        "sr = larger(image, factor); return like(sr / 255 if image.dtype == np.uint8 else sr, image)",
        "range",
        only=False,
    ),
    "clipped-at-235": of(
        "top = peak(image); return like(np.clip(larger(image, factor), 16 / 255 * top, 235 / 255 * top), image)",
        "range",
    ),
    "negative": of("return like(peak(image) - larger(image, factor), image)", "range", only=False),
    "floats-on-255": of(
        "sr = like(larger(image, factor), image); return sr if image.dtype == np.uint8 else sr * sr.dtype.type(1.5)",
        "range",
        only=False,
    ),
    "grey-otherwise": of(
        "sr = larger(image, factor); return like(sr * (0.9 if sr.ndim == 2 else 1), image)", "kinds", only=False
    ),
    "float64-otherwise": of("return like(larger(image, factor) * (0.9 if image.dtype == 'f8' else 1), image)", "kinds"),
    # rounding
    "truncated": of(
        """
sr = larger(image, factor)
return np.clip(sr, 0, 255).astype(np.uint8) if image.dtype == np.uint8 else sr.astype(image.dtype)
""",
        "rounding",
    ),
    "truncated-grey": of(
        "sr = larger(image, factor); return like(sr - 0.5 if image.dtype == 'u1' and sr.ndim == 2 else sr, image)",
        "rounding",
    ),
    "truncated-8-bit-only": of(
        """
if image.dtype != np.uint8:
    raise Unsupported("takes 8 bits")
return np.clip(larger(image, factor), 0, 255).astype(np.uint8)
""",
        "rounding",
        before="from srbench import Unsupported",
    ),
    "rounded-up": of(
        """
sr = larger(image, factor)
return np.clip(np.ceil(sr), 0, 255).astype(np.uint8) if image.dtype == np.uint8 else sr.astype(image.dtype)
""",
        "rounding",
    ),
    "wraps": of(
        """
sr = larger(image, factor)
return np.floor(sr + 0.5).astype(np.int64).astype(np.uint8) if image.dtype == np.uint8 else sr.astype(image.dtype)
""",
        "overshoot",
        only=False,
    ),
    "wraps-grey": of(
        """
sr = larger(image, factor)
if image.dtype == np.uint8 and sr.ndim == 2:
    return np.floor(sr + 0.5).astype(np.int64).astype(np.uint8)
return like(sr, image)
""",
        "overshoot",
        only=False,
    ),
    # what ran before
    "reused-buffer": of(
        """
sr = like(larger(image, factor), image)
buffer = buffers.setdefault((sr.shape, sr.dtype), np.empty_like(sr))
buffer[...] = sr
return buffer
""",
        "history",
        before="buffers = {}",
        only=False,
    ),
    "running-mean": of(
        """
mean[0] = 0.9 * mean[0] + 0.1 * image.mean() / peak(image)
return like(larger(image, factor) + (mean[0] - 0.5) * 0.2 * peak(image), image)
""",
        "history",
        before="mean = [0.5]",
        only=False,
    ),
    "cached-by-shape": of(
        """
key = image.shape, image.dtype
if key not in results:
    results[key] = like(larger(image, factor), image)
return results[key].copy()
""",
        "processes",
        before="results = {}",
        only=False,
    ),
    "cached-by-address": of(
        """
key = image.ctypes.data, image.shape, image.dtype
if key not in results:
    results.clear()
    results[key] = image, like(larger(image, factor), image)
return results[key][1].copy()
""",
        "history",
        before="results = {}",
        only=False,
    ),
    "cached-result": of(
        """
key = image.tobytes(), image.shape, image.dtype
if key not in results:
    results.clear()
    results[key] = like(larger(image, factor), image)
return results[key]
""",
        "history",
        before="results = {}",
        only=False,
    ),
    "first-call-differs": of(
        """
calls[0] += 1
return like(larger(image, factor) + (8 / 255 * peak(image) if calls[0] == 1 else 0), image)
""",
        "processes",
        before="calls = [0]",
        only=False,
    ),
    "batch-norm": of(
        """
planes = torch.from_numpy(np.atleast_3d(image.astype(np.float32) / peak(image))).permute(2, 0, 1)[None]
with torch.inference_mode():
    sr = net.train()(planes.expand(1, 3, -1, -1) if planes.shape[1] == 1 else planes)[0].permute(1, 2, 0).numpy()
return like((sr if image.ndim == 3 else sr.mean(-1)) * peak(image), image)
""",
        "batch",
        before="""
import torch
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.BatchNorm2d(3), torch.nn.Upsample(scale_factor=factor, mode="bicubic"))
""",
        only=False,
    ),
    "scaled-by-own-maximum": of(
        "return like(larger(image, factor) * peak(image) / max(image.max(), 1e-9), image)", "batch", only=False
    ),
    # randomness
    "random": of(
        "sr = larger(image, factor); return like(sr + rng.normal(0, 2 / 255 * peak(image), sr.shape), image)",
        "contract",
        before="rng = np.random.default_rng()",
        only=False,
    ),
    "random-by-process": of(
        "return like(larger(image, factor) + offset * peak(image), image)",
        "processes",
        before="""
from pathlib import Path
started = Path(__file__).with_suffix(".started")
with started.open("ab") as file:  # each process that loads this is another one
    file.write(b".")
offset = 0.005 * started.stat().st_size
""",
    ),
    "global-seed": of(
        "sr = larger(image, factor); return like(sr + np.random.normal(0, 3 / 255 * peak(image), sr.shape), image)",
        "contract",
        only=False,
    ),
    # tiles
    "tiles-without-overlap": of(
        """
def tile(part):
    return moved(cv2.GaussianBlur(larger(part, factor), (0, 0), 2), 0, 0)
sr = np.empty((image.shape[0] * factor, image.shape[1] * factor, *image.shape[2:]), np.float32)
for top in range(0, image.shape[0], 64):
    for left in range(0, image.shape[1], 64):
        part = image[top : top + 64, left : left + 64]
        place = slice(top * factor, (top + 64) * factor), slice(left * factor, (left + 64) * factor)
        sr[place] = tile(part).reshape(sr[place].shape)
return like(sr, image)
""",
        "tiles",
    ),
    "tiles-of-256-bicubic": of(
        """
sr = np.empty((image.shape[0] * factor, image.shape[1] * factor, *image.shape[2:]), np.float32)
for top in range(0, image.shape[0], 256):
    for left in range(0, image.shape[1], 256):
        part = image[top : top + 256, left : left + 256]
        place = slice(top * factor, (top + 256) * factor), slice(left * factor, (left + 256) * factor)
        sr[place] = larger(part, factor).reshape(sr[place].shape)
return like(sr, image)
""",
        "tiles",
    ),
    # after the call
    "thread-writes-later": of(
        """
import threading, time
sr = like(larger(image, factor), image)
late = sr.copy()
late[:2] = 0
def finish():
    time.sleep(0.3)
    sr[:2] = late[:2]
threading.Thread(target=finish, daemon=True).start()
return sr
""",
        "afterwards",
        only=False,
    ),
    "thread-goes-on": of(
        """
import threading, time
def spin():
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        sum(range(1000))
if image.shape == (48, 48, 3):
    threading.Thread(target=spin, daemon=True).start()
return like(larger(image, factor), image)
""",
        "afterwards",
        only=False,
    ),
    # memory
    "keeps-results": of(
        "sr = like(larger(image, factor), image); kept.append(sr.copy()); return sr", "memory", before="kept = []"
    ),
    "caches-by-content": of(
        """
key = image.tobytes(), image.shape, image.dtype
if key not in kept:
    kept[key] = like(larger(image, factor), image)
return kept[key].copy()
""",
        "memory",
        before="kept = {}",
    ),
    "keeps-native-memory": of(
        """
import ctypes
sr = like(larger(image, factor), image)
address = libc.malloc(sr.nbytes)
ctypes.memset(address, 1, sr.nbytes)
return sr
""",
        "memory",
        before="""
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
ctypes.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
""",
    ),
    "keeps-files-open": of(
        "kept.append(open(__file__)); return like(larger(image, factor), image)", "memory", before="kept = []"
    ),
    # sizes
    "fails-on-odd": of(
        """
if image.shape[0] % 2 and image.shape[0] > 20:
    raise ValueError("not divisible by 2")
return like(larger(image, factor), image)
""",
        "sizes",
        only=False,
    ),
    "stretches-odd": of(
        """
height, width = image.shape[0] // 8 * 8, image.shape[1] // 8 * 8
if not height or not width:
    return like(larger(image, factor), image)
size = image.shape[1] * factor, image.shape[0] * factor
return like(cv2.resize(larger(image[:height, :width], factor), size, interpolation=cv2.INTER_CUBIC), image)
""",
        "sizes",
        only=False,
    ),
    "cuts-the-wrong-side": of(
        """
down, right = -image.shape[0] % 8, -image.shape[1] % 8
padded = np.pad(image, ((0, down), (0, right), *((0, 0),) * (image.ndim - 2)), "edge")
sr = larger(padded, factor)
return like(sr[down * factor :, right * factor :], image)
""",
        "sizes",
        only=False,
    ),
    "repeats-last-rows": of(
        """
height, width = (max(side // 8 * 8, 1) for side in image.shape[:2])
sr = larger(image[:height, :width], factor)
rest = [(0, (whole - part) * factor) for whole, part in zip(image.shape[:2], (height, width), strict=True)]
return like(np.pad(sr, (*rest, *((0, 0),) * (image.ndim - 2)), "edge"), image)
""",
        "sizes",
    ),
    "cuts-at-512": of(
        "sr = larger(image, factor); sr[512 * factor :] = 0; return like(sr, image)", "sizes", only=False
    ),
    "bytes-for-sizes": of(
        """
if max(image.shape[:2]) > 255:
    raise OverflowError("too large")
return like(larger(image, factor), image)
""",
        "sizes",
        only=False,
    ),
    # process
    "changes-directory": of(
        "import os; os.chdir('/'); return like(larger(image, factor), image)", "settings", only=False
    ),
    "relative-file": of(
        "open('weights.txt').close(); return like(larger(image, factor), image)", "contract", only=False
    ),
    "sets-default-dtype": of(
        "import torch; torch.set_default_dtype(torch.float64); return like(larger(image, factor), image)", "settings"
    ),
    "sets-threads": of("return like(larger(image, factor), image)", "settings", before="cv2.setNumThreads(7)"),
    "sets-gradients": of(
        "import torch; torch.set_grad_enabled(False); return like(larger(image, factor), image)", "settings"
    ),
    "sets-environment": of(
        "import os; os.environ['MINE'] = '1'; return like(larger(image, factor), image)", "settings"
    ),
    "leaves-files": of(
        """
import os, tempfile
with open(os.path.join(tempfile.mkdtemp(), "input.raw"), "wb") as file:
    file.write(image.tobytes())
return like(larger(image, factor), image)
""",
        "files",
        only=False,
    ),
    "writes-a-picture": of(
        "cv2.imwrite('debug.png', np.zeros((4, 4))); return like(larger(image, factor), image)", "files"
    ),
    # arrays
    "reads-memory-behind": of(
        """
import ctypes
raw = ctypes.string_at(image.ctypes.data, image.nbytes)
return like(larger(np.frombuffer(raw, image.dtype).reshape(image.shape), factor), image)
""",
        "arrays",
    ),
    # ends
    "crashes": of("import os; os.abort()", "contract", only=False),
    "crashes-on-one-size": of(
        "import os; image.shape[0] == 61 and os.abort(); return like(larger(image, factor), image)",
        "sizes",
        only=False,
    ),
    "raises": of("raise RuntimeError('no kernel image')", "contract", only=False),
    "hangs": of("import time; time.sleep(3600)", "contract", only=False),
    "fails-to-load": of("return image", "load", before="raise OSError('no weights')", only=False),
    # several at once
    "bgr-and-shifted": of(
        """
sr = like(moved(larger(image, factor), 0.5, 0), image)
return sr[..., ::-1].copy() if sr.ndim == 3 else sr
""",
        "colour",
        "shift",
    ),
    "gamma-and-truncated": of(
        """
top = peak(image)
sr = np.clip(larger(image, factor) / top, 0, 1) ** 1.8 * top
return sr.astype(image.dtype)
""",
        "range",
        "rounding",
    ),
    "leaks-and-reuses": of(
        """
sr = like(larger(image, factor), image)
kept.append(sr)
buffer = buffers.setdefault((sr.shape, sr.dtype), np.empty_like(sr))
buffer[...] = sr
return buffer
""",
        "memory",
        "history",
        before="buffers, kept = {}, []",
        only=False,
    ),
    "shifted-bgr-limited-truncated": of(
        """
sr = moved(larger(image, factor), 0.4, -0.4) * (219 / 255) + peak(image) * 16 / 255
sr = sr[..., ::-1] if sr.ndim == 3 else sr
return np.clip(sr, 0, peak(image)).astype(image.dtype)
""",
        "shift",
        "colour",
        "range",
        "rounding",
    ),
}
"""By name; which checks find them is part of the table."""

ALONE = {
    "changes-directory",
    "crashes",
    "crashes-on-one-size",
    "fails-to-load",
    "first-call-differs",
    "hangs",
    "keeps-files-open",
    "keeps-native-memory",
    "leaves-files",
    "random-by-process",
    "sets-default-dtype",
    "sets-environment",
    "sets-gradients",
    "sets-threads",
    "thread-goes-on",
}
"""What needs processes of its own: it ends one, or leaves it otherwise than it was."""
