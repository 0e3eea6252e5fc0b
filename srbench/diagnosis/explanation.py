"""What is known of a printed number, as plain values that run.json, `--json` and Python have alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from srbench.formats import strict_json
from srbench.hashing import file_hash, sha256
from srbench.quality import conventions
from srbench.quality.protocol import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Made = TypeVar("Made")

KEY = "explanation"
"""Of run.json."""

BASE = "basicsr"
"""The protocol that conventions are told as differences from."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A convention, what the images score under it, and how it differs from protocol `basicsr`."""

    name: str
    psnr: float
    """In dB, over all images; `inf` where SR equals HR."""
    ssim: float | None
    """None where the convention prints none."""
    is_group: bool
    """Whether the name is that of a way to score, which code bases may share, instead of one of them."""
    group: int
    """Conventions of one group score these images alike, PSNR to 1e-4 dB and SSIM to 1e-5."""
    differences: tuple[str, ...]
    """From `basicsr`, in plain words; none where the same is computed."""
    psnr_difference: float
    """PSNR less that of `basicsr`, in dB."""
    repository: str
    commit: str
    where: str
    """File and lines in the repository; empty where the convention is of no code base."""
    summary: str

    @property
    def choices(self) -> str:
        """Return what is done otherwise than by `basicsr`, and what that changes."""
        if not self.differences:
            return f"the same as protocol {BASE}"
        return f"{', '.join(self.differences)}, {decibels(self.psnr_difference)}"

    @property
    def sentence(self) -> str:
        """Return the convention, what it does otherwise than `basicsr`, and what that changes."""
        return f"{self.name}: {self.choices}"

    @property
    def source(self) -> str:
        """Return where it is defined."""
        at = f"{self.repository}@{self.commit}" if self.commit else self.repository
        return " ".join(filter(None, [at, self.where]))


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Which conventions give what is claimed of SR images, and what else is known of these."""

    claimed: str
    """The PSNR in dB that is claimed, as it is printed; empty where none is."""
    claimed_ssim: str
    """The same of SSIM."""
    factor: int
    images: int
    base_psnr: float
    """What the images score under protocol `basicsr`, in dB,"""
    base_ssim: float
    """and their SSIM."""
    fitting: tuple[Candidate, ...]
    """All conventions that give the claim, those that round to it first."""
    nearest: tuple[Candidate, ...]
    """All others, the nearest first."""
    lr: dict[str, Any]
    """What is known of LR images, with `sentences` of it; empty where none are given."""
    offsets: dict[str, Any]
    """What is known of SR as it lies on HR, likewise."""
    advice: tuple[str, ...]
    """What would tell more, and what was not tried."""

    @property
    def claim(self) -> str:
        """Return what is claimed, as it is printed."""
        psnr = f"PSNR {self.claimed} dB" if self.claimed else ""
        return ", ".join(filter(None, [psnr, f"SSIM {self.claimed_ssim}" if self.claimed_ssim else ""]))

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it, with sentences beside what they are made of."""
        told = {
            kind: [{**asdict(each), "sentence": each.sentence, "source": each.source} for each in getattr(self, kind)]
            for kind in ("fitting", "nearest")
        }
        return asdict(self) | told


def decibels(difference: float) -> str:
    """Return a difference in dB with as many digits as it needs: `-2.0 dB`, `+0.006 dB`, `the same PSNR`."""
    for digits, least in ((1, 0.095), (2, 0.0095), (3, 0.00095), (4, 0.00005)):
        if abs(difference) >= least:
            return f"{difference:+.{digits}f} dB"
    return "the same PSNR"


def to_json(found: Explanation | None, info: Mapping[str, Any]) -> dict[str, Any]:
    """Return it as the run.json that is `info` holds it, with what it is about."""
    return {KEY: found and {**strict_json.plain(found.facts), "of": _subject(info)}}


def read(info: Mapping[str, Any]) -> Explanation | None:
    """Return what run.json says; nothing if that is about other images, or none of it, as an edited file may hold."""
    found = info.get(KEY)
    if not isinstance(found, dict) or found.get("of") != _subject(info):
        return None
    try:
        made = _made(Explanation, found)
        for number in filter(None, (made.claimed, made.claimed_ssim)):
            float(number)
    except (KeyError, TypeError, ValueError):
        return None
    return made


def _subject(info: Mapping[str, Any]) -> str:
    """Return a hash of all that an explanation follows from: SR, HR, the code that scores, and what is known."""
    codes = {name: each.get("codes") for name, each in info.get("methods", {}).items()}
    files = {name: each.get("files") for name, each in info.get("datasets", {}).items()}
    return sha256(codes, files, info.get("plan", {}).get("factors"), VERSION, file_hash(conventions.FILE))


def _made(kind: type[Made], facts: Mapping[str, Any]) -> Made:
    """Return a dataclass of what JSON holds of it; raises `KeyError`, `TypeError` or `ValueError` where it is none."""
    return kind(**{each.name: _READERS[str(each.type)](facts[each.name]) for each in fields(kind)})  # type: ignore[arg-type]


def _of(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:  # noqa: ANN401 - JSON
        if type(value) is not kind:
            raise TypeError(value)
        return value

    return read


def _number(value: Any) -> float:  # noqa: ANN401 - JSON
    return float(value) if value == "inf" else float(_of(float)(value))


def _sections(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    _texts(_of(dict)(value).get("sentences", []))
    return dict(value)


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    return tuple(map(_of(str), _of(list)(value)))


_READERS: dict[str, Callable[[Any], Any]] = {
    "str": _of(str),
    "int": _of(int),
    "bool": _of(bool),
    "float": _number,
    "float | None": lambda value: None if value is None else _number(value),
    "tuple[str, ...]": _texts,
    "dict[str, Any]": _sections,
    "tuple[Candidate, ...]": lambda value: tuple(_made(Candidate, each) for each in _of(list)(value)),
}
"""What reads JSON of each type of field."""
