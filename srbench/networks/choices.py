"""What a user may say of a model file, where it is not to be found out: options of every method that takes one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from srbench.errors import MethodError
from srbench.takes import ANY, EIGHT_BIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srbench.takes import Takes

_DTYPES = {EIGHT_BIT: "8-bit", ANY: "any"}


class Choices(NamedTuple):
    """What is said of the images that a model takes; `auto` and 0 stand for what is found."""

    channels: Literal["auto", "y", "rgb"] = "auto"
    range: Literal["auto", 1, 255] = "auto"
    luma: Literal["auto", "limited", "full"] = "auto"
    minimum: int = 0
    multiple: int = 0
    dtypes: Literal["auto", "8-bit", "any"] = "auto"

    @property
    def samples(self) -> tuple[int, ...]:
        """Return how many samples of a pixel a network may be fed, first what is tried first."""
        return {"y": (1,), "rgb": (3,), "auto": (3, 1)}[self.channels]

    def decided(self, facts: Mapping[str, Any]) -> Choices:
        """Return them with nothing left to find: as was decided."""
        return self._replace(**{name: facts[name] for name in ("channels", "range", "minimum", "multiple")})

    def completed(self, declared: Takes) -> Choices:
        """Return them, and what a file declares in place of what they leave open."""
        no_choice = ("dtypes", "luma") if declared.channels == "rgb" else ("dtypes",)
        fields = {name: value for name, value in declared.facts.items() if name not in no_choice}
        given = {name: value for name, value in self._asdict().items() if value != self._field_defaults[name]}
        return Choices(**{**fields, "dtypes": _DTYPES.get(declared.dtypes, "auto"), **given})

    def over(self, found: Takes) -> Takes:
        """Return what is found, and in its place what is said.

        Raises:
            MethodError: it is said of another network: of luma or RGB, or with sizes that there are not.

        """
        if self.channels not in ("auto", found.channels):
            raise MethodError(f"its network takes {found.kind}; leave channels={self.channels} out")
        if self.luma == "full" and found.channels == "rgb":
            raise MethodError(f"its network takes RGB, and no luma; leave luma={self.luma} out")
        said: dict[str, Any] = {name: value for name, value in self._asdict().items() if value not in ("auto", 0)}
        if self.dtypes != "auto":
            said["dtypes"] = next(dtypes for dtypes, name in _DTYPES.items() if name == self.dtypes)
        return replace(found, **said)
