"""What a file says beside pixels: colour profile, resolution and EXIF, taken from a source to what is made of it.

The orientation is not among them: `read_image` has applied it.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image as Pillow
from PIL import PngImagePlugin

from srbench.opening import read
from srbench.quality.decoders import png

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MAX_PROFILE = 2**26
"""Largest colour profile that is kept, in bytes."""

_DENSITY, _UNIT = (282, 283), 296  # EXIF
_PER_UNIT = {2: 1.0, 3: 2.54}  # inch and centimetre
_PER_METRE = 39.3701
_PNG_COLOUR = (b"gAMA", b"cHRM", b"sRGB", b"cICP")
_CHANNELS = {b"GRAY": 1, b"RGB ": 3}
_HOLDS_PROFILE, _HOLDS_DENSITY = {"PNG", "JPEG", "TIFF", "WEBP"}, {"PNG", "JPEG", "TIFF", "WEBP", "BMP"}
_HOLDS_EXIF = _HOLDS_PROFILE

_KEPT = (270, 271, 272, 305, 306, 315, 18246, 18249, 33432, *range(40091, 40096))
"""Of EXIF beside its two folders: description, camera, program, date, artist, rating, copyright, Windows' texts.

Not the orientation, the preview, and how pixels lie in the file.
"""
_DETAILS, _POSITION = 34665, 34853
"""The folders of EXIF: how the photograph was taken, and where."""
_WIDTH, _HEIGHT = 40962, 40963
_MAKER_NOTE, _INTEROPERABILITY = 37500, 40965  # whose offsets hold in their own file alone
_LONGEST = {"JPEG": 65533}
"""Bytes of EXIF."""


class Metadata(NamedTuple):
    """What a file says beside pixels."""

    profile: bytes = b""
    """The ICC profile."""
    density: tuple[float, float] | None = None
    """Pixels per inch across and down."""
    colour: tuple[tuple[bytes, bytes], ...] = ()
    """What a PNG says of its colours without a profile: chunks by name."""
    exif: bytes = b""
    """When, where and how a photograph was taken, as `_kept` leaves it."""

    def options(self, kind: str, shape: tuple[int, ...]) -> Mapping[str, Any]:
        """Return what Pillow takes to write these into a file of format `kind` of an image, (H, W) or (H, W, 3)."""
        found: dict[str, Any] = {}
        if self._profile(3 if shape[2:] else 1) and kind in _HOLDS_PROFILE:
            found["icc_profile"] = self.profile
        if self._has_exif(kind) or (self.density and kind == "WEBP"):
            found["exif"] = self._exif(kind, shape)
        if self.density and kind in _HOLDS_DENSITY - {"WEBP"}:
            found["dpi"] = self.density
        if self.colour and kind == "PNG":
            found["pnginfo"] = PngImagePlugin.PngInfo()
            for name, data in self.colour:
                found["pnginfo"].add(name, data)
        return found

    def lost(self, kind: str) -> str:
        """Return what a file of format `kind` cannot hold of it, in words; empty where it holds all."""
        no_profile = self.profile and kind not in _HOLDS_PROFILE
        lost = ["colour profile"] * bool(no_profile or (self.colour and kind != "PNG" and not self.profile))
        lost += ["EXIF"] * bool(self.exif and not self._has_exif(kind))
        return _joined(lost + ["resolution"] * bool(self.density and kind not in _HOLDS_DENSITY))

    def misfit(self, channels: int) -> str:
        """Return the colour space of a profile that is none of an image with 1 or 3 channels; empty where it fits."""
        return (
            ""
            if not self.profile or self._profile(channels)
            else self.profile[16:20].decode("ascii", "replace").strip()
        )

    def _has_exif(self, kind: str) -> bool:
        """Tell whether a file of format `kind` gets the EXIF."""
        return bool(self.exif) and kind in _HOLDS_EXIF and len(self.exif) <= _LONGEST.get(kind, MAX_PROFILE) - 100

    def _exif(self, kind: str, shape: tuple[int, ...]) -> bytes:
        """Return EXIF with the size of the image, and its resolution."""
        exif = Pillow.Exif()
        if self._has_exif(kind):
            exif.load(self.exif)
            exif[_DETAILS] = {**exif.get_ifd(_DETAILS), _WIDTH: shape[1], _HEIGHT: shape[0]}
        if self.density:
            exif[_DENSITY[0]], exif[_DENSITY[1]], exif[_UNIT] = *self.density, 2
        return exif.tobytes()

    def _profile(self, channels: int) -> bool:
        """Tell whether the profile is one of that many channels; viewers ignore another."""
        return _CHANNELS.get(self.profile[16:20]) == channels


NOTHING = Metadata()


def read_metadata(path: str | Path) -> Metadata:
    """Return what viewers use of an image file that `read_image` reads; what is damaged counts as absent."""
    content = read(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if content.startswith(png.SIGNATURE):
                return _of_png(content)
            with Pillow.open(io.BytesIO(content)) as image:
                return Metadata(image.info.get("icc_profile") or b"", _density(image), exif=_kept(image.getexif))
    except Exception:  # noqa: BLE001 - readers of metadata raise anything; pixels are what counts
        return NOTHING


def _of_png(content: bytes) -> Metadata:
    """Read the chunks, as Pillow refuses large profiles."""
    file = png.parsed(content)
    colour = tuple((name, data) for name in _PNG_COLOUR if (data := file.one(name)))
    density, profile = None, b""
    physical = file.one(b"pHYs")
    if physical and physical[8] == 1:
        across, down = struct.unpack(">II", physical[:8])
        density = _known(across / _PER_METRE, down / _PER_METRE)
    if packed := file.one(b"iCCP"):
        profile = zlib.decompressobj().decompress(packed[packed.index(b"\0") + 2 :], MAX_PROFILE)
    if exif := file.one(b"eXIf"):
        density = density or _of_exif(exif)
    return Metadata(profile, density, colour, _kept(lambda: _parsed(exif)) if exif else b"")


def _density(image: Pillow.Image) -> tuple[float, float] | None:
    """Return pixels per inch, as the file or its EXIF says."""
    found = image.info.get("dpi")
    if not found and image.format in {"JPEG", "MPO", "WEBP"}:
        return _of_exif(image.info.get("exif", b""))
    return _known(*found) if found else None


def _of_exif(data: bytes) -> tuple[float, float] | None:
    exif = _parsed(data)
    across, down, unit = exif.get(_DENSITY[0]), exif.get(_DENSITY[1]), _PER_UNIT.get(exif.get(_UNIT, 2))
    return _known(across * unit, down * unit) if across and down and unit else None


def _parsed(data: bytes) -> Pillow.Exif:
    exif = Pillow.Exif()
    exif.load(data)
    return exif


def _kept(read_exif: Callable[[], Pillow.Exif]) -> bytes:
    """Return what of EXIF is true of an image made of the photograph; nothing where it is damaged."""
    kept = Pillow.Exif()
    try:
        exif = read_exif()
        for tag in _KEPT:
            if tag in exif:
                kept[tag] = exif[tag]
        for folder in (_DETAILS, _POSITION):
            dropped = (_WIDTH, _HEIGHT, _MAKER_NOTE, _INTEROPERABILITY)
            if values := {tag: value for tag, value in exif.get_ifd(folder).items() if tag not in dropped}:
                kept[folder] = values
        return kept.tobytes() if dict(kept) else b""
    except Exception:  # noqa: BLE001 - readers of EXIF raise anything
        return b""


def _known(across: float, down: float) -> tuple[float, float] | None:
    """Return a resolution; programs write 0 or 1 where they know none."""
    return (float(across), float(down)) if min(across, down) > 1 else None


def _joined(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
