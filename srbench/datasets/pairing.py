"""Which SR or LR file belongs to which HR file: by name, in the schemes that public data sets and programs use."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from srbench.datasets.stored_names import stored_images
from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from srbench.datasets.dataset import Dataset, Entry

_N = r"([2-9]|1[0-6])(?!\d)"
"""A factor as names give it."""

_SAID = rf"{_N}(?=$|[^A-Za-z0-9]|plus|v\d)"

_FACTORS = re.compile(
    rf"(?<![a-z0-9])x{_SAID}|(?<![A-Za-z0-9])X{_SAID}|(?<=BI|BD|DN|SR)X{_SAID}|(?:SRF|srf|[Ss]cale)[_-]?{_SAID}"
    r"|(?<![A-Za-z0-9.])([2-9]|1[0-6])[xX](?![A-Za-z0-9])"
)
"""`x4`, `_EDSR_Lx4`, `BIX4`, `4x`, `SRF_4`, `x4plus`; not `64x64`, nor `relax4`."""

_SRF = re.compile(rf"SRF_?{_SAID}")

_TRUTH = r"hr|gt|gnd|orig(?:inal)?|ground_?truth"
_HR_END = re.compile(rf"[_\-. ](?:{_TRUTH})(?:[_\-. ]?x\d+)?$|[_\-. ]srf[_-]?\d+$|[_\-. ]x1$", re.IGNORECASE)
"""What ends the names of HR files alone: `_HR`, `_GT`, `_HR_x4` of RCAN, `_SRF_4` of Urban100, `_x1` of DRealSR."""

_HR_START = re.compile(rf"^(?:{_TRUTH})[_\-. ]", re.IGNORECASE)
_MADE_START = re.compile(r"^(?:sr|out|output|pred|lr|lq)[_\-. ]", re.IGNORECASE)

_CONTINUED = rf"(?:$|[_\-. (]|[xX]{_N})"
"""What may follow the name of an HR file in that of its SR file."""


def pairs(hr: Dataset, sr: Dataset, factor: int) -> list[tuple[Entry, Entry]]:
    """Return each HR file with its SR file, in the order of HR.

    An SR file belongs to the HR file of the same name, else to the longest HR stem that it equals, or continues with
    `_`, `-`, `.`, a space or `x<factor>`. What says that a file is HR (`_HR`, `_GT`, `_SRF_4_HR`) may be left out, and
    the two Unicode forms of a letter are one. Names as `srbench run --save-images` gives them belong too.

    Raises:
        UsageError: a file has no partner, or more than one; its name says another factor.

    """
    return _paired(_Names(hr.images), hr, sr, factor, "SR")


def lr_pairs(hr: Dataset, lr: Dataset, factor: int, *, complete: bool = True) -> list[tuple[Entry, Entry]]:
    """Return each HR file with its LR file of one factor, as `pairs` does.

    LR files of several factors may lie in one folder: those whose names say another factor are left out where an HR
    file has one that says this factor. If they need not be `complete`, all of them are, and HR files may lack LR.

    Raises:
        UsageError: as `pairs`.

    """
    names = _Names(hr.images)
    said = [(entry, owner, names.factors(owner, entry) if owner else []) for entry, owner in names.owners(lr)]
    fitting = {owner for _, owner, factors in said if factor in factors}
    chosen = {
        entry.path.name
        for entry, owner, factors in said
        if factor in factors or (owner not in fitting and (complete or not factors))
    }
    files = tuple(file for file in lr.files if PurePath(file.path).name in chosen)
    return _paired(names, hr, replace(lr, files=files), factor, "LR", complete=complete)


def sr_among(hr: Dataset, sr: Dataset, factor: int) -> list[tuple[Entry, Entry, list[int]]]:
    """Return the HR files that have an SR file of one factor in a folder, with it and the factors that its name says.

    The folder may hold those of other factors and of other HR images, too; they are left out.

    Raises:
        UsageError: as `pairs`, where two files belong to one.

    """
    names = _Names(hr.images)
    said = [(entry, owner, names.factors(owner, entry)) for entry, owner in names.owners(sr) if owner]
    fitting = {owner for _, owner, factors in said if factor in factors}
    found: dict[Entry, tuple[Entry, Entry, list[int]]] = {}
    for entry, owner, factors in said:
        if factor not in factors and (factors or owner in fitting):
            continue
        if owner in found:
            raise UsageError(f"{found[owner][1].path} and {entry.path} both belong to {owner.path}; remove one")
        found[owner] = owner, entry, factors
    return [found[entry] for entry in hr.images if entry in found]


def factors_in(text: str) -> list[int]:
    """Return the factors that a name says: `x3`, `Set5_x3`, `4x`, `SRF_4`."""
    return _said(_FACTORS, text)


def are_pairs(hr: Dataset, lr: Dataset) -> bool:
    """Return whether each HR file has LR, at any factor, and each LR file is of one HR file, by their names."""
    try:
        owners = {owner for _, owner in _Names(hr.images).owners(lr)}
    except UsageError:
        return False
    return owners == {*hr.images}


def _paired(  # noqa: PLR0913
    names: _Names, hr: Dataset, made: Dataset, factor: int, kind: str, *, complete: bool = True
) -> list[tuple[Entry, Entry]]:
    found: dict[Entry, Entry] = {}
    for entry, owner in names.owners(made):
        if owner is None:
            raise UsageError(f"{entry.path} matches no image in {_folder(hr)}; {_rather(hr, made, factor, kind)}")
        if owner in found:
            raise UsageError(f"{found[owner].path} and {entry.path} both belong to {owner.path}; remove one")
        said = names.factors(owner, entry)
        if said and factor not in said:
            raise UsageError(
                f"{entry.path}: the name says x{said[0]}, but the factor is {factor}; give --factor {said[0]}, "
                "or rename the file"
            )
        found[owner] = entry
    missing = [entry.name for entry in hr.images if entry not in found]
    if missing and complete:
        rather = f"; srbench run --sr {made.root} takes this folder, and compares on the images that it has"
        raise UsageError(f"no {kind} image in {made.root} for {', '.join(missing)}{rather * (kind == 'SR')}")
    return [(entry, found[entry]) for entry in hr.images if entry in found]


def _folder(hr: Dataset) -> Path:
    """Return where the images of a dataset lie, which may be below its root."""
    parents = {entry.path.parent for entry in hr.images}
    return parents.pop() if len(parents) == 1 else hr.root


def _rather(hr: Dataset, made: Dataset, factor: int, kind: str) -> str:
    """Return what was expected where names do not pair: another name, or both folders swapped."""
    if are_pairs(made, hr):
        return f"the folders of HR and {kind} seem to be swapped"
    return f"expected a name such as {hr.images[0].path.stem}{'_' * (kind == 'SR')}x{factor}.png"


class _Names:
    """The names under which SR files of a folder of HR files may go."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        stored = stored_images([entry.name for entry in entries])
        whole = {text: entry for entry in entries for text in _forms(entry.path.name)}
        saved = [(f"{name}.png", entry) for entry in entries for name in (stored[entry.name], *_forms(entry.path.name))]
        self._whole = _owned(saved) | whole | {entry.path.name: entry for entry in entries}
        stems = [(text, entry) for entry in entries for text in dict.fromkeys(_forms(entry.path.stem))]
        shorter = [(text, entry) for stem, entry in stems for text in _shorter(stem)]
        self._stems = _owned(shorter) | dict(stems)
        self._shared = dict(stems).keys() - _owned(stems).keys()

    def owners(self, made: Dataset) -> list[tuple[Entry, Entry | None]]:
        """Return each SR or LR file with the HR file that it belongs to; raises as `owner`."""
        return [(entry, self.owner(entry)) for entry in made.images]

    def owner(self, sr: Entry) -> Entry | None:
        """Return the HR file that an SR or LR file belongs to.

        Raises:
            UsageError: it could belong to two HR files of one stem.

        """
        if found := self._by_whole_name(sr):
            return found
        for stem in _forms(sr.path.stem):
            for text in (stem, _MADE_START.sub("", stem)):
                key = _longest(text, self._stems)
                if key in self._shared:
                    raise UsageError(
                        f"{sr.path} could belong to {self._stems[key].path} or to another file with the same stem; "
                        "rename one, or give SR the whole name of its HR file"
                    )
                if key:
                    return self._stems[key]
        return None

    def _by_whole_name(self, sr: Entry) -> Entry | None:
        return next((self._whole[name] for name in _forms(sr.path.name) if name in self._whole), None)

    def factors(self, hr: Entry, sr: Entry) -> list[int]:
        """Return the factors that the name of an SR file says, else those of its HR file, beyond their common part."""
        stems = [unicodedata.normalize("NFC", entry.path.stem) for entry in (hr, sr)]
        key = _longest(stems[1], dict.fromkeys([stems[0], *_shorter(stems[0])], hr)) or ""
        shortest = min([stems[0], *_shorter(stems[0])], key=len)
        if self._by_whole_name(sr):  # a name that HR has too says nothing of SR
            return []
        own = _said(_FACTORS, stems[1][len(key) :]) + _said(_SRF, stems[1])
        return own or (_said(_FACTORS, stems[0][len(shortest) :]) if stems[0].startswith(shortest) else [])


def _owned(pairs: Sequence[tuple[str, Entry]]) -> dict[str, Entry]:
    """Return the names that are of one HR file."""
    count = Counter(text for text, _ in dict.fromkeys(pairs))
    return {text: entry for text, entry in pairs if count[text] == 1}


def _forms(name: str) -> tuple[str, str]:
    return name, unicodedata.normalize("NFC", name)


def _shorter(stem: str) -> list[str]:
    """Return an HR stem without what says that it is HR, step by step."""
    found = [stem]
    while (cut := _HR_END.sub("", found[-1])) not in ("", found[-1]):
        found.append(cut)
    rest = [_HR_START.sub("", each) for each in found]
    return [each for each in dict.fromkeys([*found, *rest]) if each not in ("", stem)]


def _longest(text: str, names: Mapping[str, Entry]) -> str:
    """Return the longest of `names` that `text` equals or continues, empty if there is none."""
    ends = sorted((match.start() for match in re.finditer(_CONTINUED, text)), reverse=True)
    return next((text[:end] for end in ends if text[:end] in names), "")


def _said(pattern: re.Pattern[str], text: str) -> list[int]:
    return [int(next(filter(None, match.groups()))) for match in pattern.finditer(text)]
