"""What a method declares about the images that it takes: their dtypes and sizes, and what its network is fed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from srbench.errors import MethodError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srbench.quality.image import Image

Channels: TypeAlias = Literal["y", "rgb"]
Luma: TypeAlias = Literal["limited", "full"]

EIGHT_BIT = ("uint8",)
"""For networks of RGB: the LR of a protocol in floats is luma alone, on which they lose 0.3 dB."""

ANY = ("uint8", "float32", "float64")


@dataclass(frozen=True)
class Takes:
    """What a method takes. A declaration: `srbench methods show` prints it, and the harness holds images to it.

    Raises:
        MethodError: values that there are not.

    """

    channels: Channels = "rgb"
    """What a network is fed: luma (`y`; chroma goes up by bicubic) or RGB (a grey image as R = G = B)."""
    range: Literal[1, 255] = 1
    """The largest value that a network is fed and returns: 1 for 0..1, 255 for 0..255."""
    luma: Luma = "limited"
    """Which luma: BT.601 in 16..235 (`limited`, as MATLAB's `rgb2ycbcr`) or in 0..255 (`full`, as JPEG and Pillow)."""
    minimum: int = 1
    """The shortest side of LR in pixels."""
    multiple: int = 1
    """What both sides of LR are multiples of."""
    dtypes: tuple[str, ...] = ANY
    """The dtypes of LR: of `uint8`, `float32` and `float64`."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        for name, choices in (("channels", ("y", "rgb")), ("range", (1, 255)), ("luma", ("limited", "full"))):
            if getattr(self, name) not in choices:
                raise MethodError(f"{name} is {getattr(self, name)!r}, expected one of {', '.join(map(str, choices))}")
        if min(self.minimum, self.multiple) < 1:
            raise MethodError("minimum and multiple are pixels, expected integers of at least 1")
        if not self.dtypes or not set(self.dtypes) <= set(ANY):
            raise MethodError(f"dtypes is {self.dtypes!r}, expected some of {', '.join(ANY)}")

    @classmethod
    def of_network(cls, channels: Channels = "rgb", *, dtypes: Iterable[str] | None = None, **others: Any) -> Takes:  # noqa: ANN401 - other fields
        """Return what a network takes: of LR that is not uint8, none where it is fed RGB and does not say otherwise.

        Raises:
            MethodError: as `Takes`.

        """
        if dtypes is None:
            dtypes = EIGHT_BIT if channels == "rgb" else ANY
        return cls(channels, dtypes=tuple(dtypes), **others)

    @property
    def samples(self) -> int:
        """Return how many samples of a pixel a network is fed: 1 for luma, 3 for RGB."""
        return 1 if self.channels == "y" else 3

    def side(self, wanted: int) -> int:
        """Return the shortest side that is taken, of at least `wanted` pixels."""
        return -(-max(wanted, self.minimum) // self.multiple) * self.multiple

    @property
    def facts(self) -> dict[str, Any]:
        """Return the declaration as JSON-ready values."""
        return asdict(self) | {"dtypes": list(self.dtypes)}

    @property
    def kind(self) -> str:
        """Return what a network is fed, in words."""
        return "RGB" if self.channels == "rgb" else "luma" if self.luma == "limited" else "luma of full range"

    @property
    def words(self) -> str:
        """Return the declaration in words."""
        return ", ".join(
            [
                f"{self.kind} in 0..{self.range}",
                *([f"{' and '.join(self.dtypes)} alone"] if set(self.dtypes) != set(ANY) else []),
                *([f"at least {self.minimum} pixels a side"] if self.minimum > 1 else []),
                *([f"sides that are multiples of {self.multiple}"] if self.multiple > 1 else []),
            ]
        )

    def refusal(self, image: Image) -> str:
        """Return why `image` is not taken; empty if it is."""
        if image.dtype.name not in self.dtypes:
            kind = "luma" if image.ndim == 2 else "RGB"  # noqa: PLR2004 - (H, W)
            return f"takes {' and '.join(self.dtypes)} images, and LR is {image.dtype.name} {kind}"
        height, width = image.shape[:2]
        if min(height, width) < self.minimum:
            return f"needs at least {self.minimum} pixels a side, and LR is {width}x{height}"
        if height % self.multiple or width % self.multiple:
            return f"needs sides that are multiples of {self.multiple} pixels, and LR is {width}x{height}"
        return ""
