"""Claims: numbers that papers and people report of methods, one a line of a CSV table that anybody can extend.

`results/published.csv` is such a table, of the literature; docs/reproducing.md describes its columns.
"""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from srbench.errors import SrbenchError, UsageError
from srbench.folders import folder
from srbench.metrics import registry as metrics
from srbench.opening import read as read_file
from srbench.printable import printable
from srbench.quality import protocols
from srbench.specs import canonical, parse_method, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

COLUMNS = (
    *("method", "name", "dataset", "factor", "protocol", "degradation", "metric", "reported", "source"),
    *("params", "weights", "note"),
)
"""The columns of a table as it is written; a claim that is read has `printed` beside `reported`."""

NEEDED = ("dataset", "factor", "protocol", "reported")
"""Those that every claim fills; `method`, `name` or both say of what it is."""

MEASURED = ("measured", "difference", "verdict", "reason")
"""What `srbench reproduce` adds to a table; where it is read again, these are ignored."""

METRIC = "psnr"
"""The metric of a claim that names none."""

OTHER = "other"
"""What stands for the weights of a claim whose authors' file nobody has: whatever is measured is of others."""

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.(\d+))?|\.(\d+))")
_LONGEST = 20  # characters of a number: more than a double has digits
_DIGITS = 9  # of a factor; Python refuses to read some thousands


class WrongLines(UsageError):  # noqa: N818 - what was found in a table
    """Lines of a table that are no claims; its text is one line, of which `lines` are the parts."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Take what is wrong, one text for each line of the table."""
        super().__init__("; ".join(lines))
        self.lines = list(lines)


class Table(NamedTuple):
    """What a CSV file holds."""

    claims: pd.DataFrame
    """One a line, in its order. Columns: those of `COLUMNS`, with `factor` an integer, `reported` a float and `printed`
    its text, digits and all; `method` and `metric` are specs with sorted keys, `protocol` is the canonical spec of
    protocol and degradation, which rows of runs carry, and `degradation` the part of it that makes LR."""
    protocol_files: tuple[Path, ...]
    """The files that define protocols, which are needed to find them by their names."""


def published() -> pd.DataFrame:
    """Return the claims of the literature."""
    return read(folder("results") / "published.csv").claims


def read(file: Path, plugins: Sequence[str] = ()) -> Table:
    """Return the claims of a CSV file; of the files `plugins`, which may define metrics, too.

    Raises:
        WrongLines: lines that are no claims, all of them.
        UsageError: the file cannot be read, or its first line does not name the columns.

    """
    named = printable(str(file))
    rows = list(_rows(file, named))
    header = [each.strip() for each in rows[0][1]] if rows else []
    _check_header(header, named)
    reader = _Reader(plugins)
    claims, wrong = [], []
    for number, cells in rows[1:]:
        try:
            claims.append(reader.claim(_fields(header, cells)))
        except SrbenchError as error:
            wrong.append(f"{named}, line {number}: {error}")
    if wrong:
        raise WrongLines(wrong)
    at = COLUMNS.index("reported") + 1
    found = pd.DataFrame(claims, columns=[*COLUMNS[:at], "printed", *COLUMNS[at:]])
    return Table(found.astype({"factor": int, "reported": float}), tuple(reader.files))


def written(claims: pd.DataFrame) -> pd.DataFrame:
    """Return claims as a table has them: `reported` with the digits that were printed; columns added to them stay."""
    return claims.assign(reported=claims["printed"]).drop(columns="printed")


class _Reader:
    """Reads lines; what many lines name alike is looked up once."""

    def __init__(self, plugins: Sequence[str]) -> None:
        known = metrics.registry(map(Path, plugins))
        self.files: list[Path] = []
        self._specs: list[str] = []
        self._metric = cache(lambda text: _metric(text, known))
        self._protocol = cache(self._resolved)

    def _resolved(self, text: str) -> tuple[str, str]:
        """Return the canonical spec of a protocol, and that of its degradation."""
        chosen, self.files = protocols.resolve([*self._specs, text], self.files)
        spec = protocols.get(text, self.files).name
        self._specs = [each.name for each in chosen]
        return spec, protocols.degradation_of(spec, self.files)

    def claim(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return the claim of a line.

        Raises:
            SrbenchError: it is none; all that is wrong with it.

        """
        wrong = [f"{column} is empty" for column in NEEDED if not texts[column]]
        if not (texts["method"] or texts["name"]):
            wrong.append("method and name are empty; expected a method, as srbench runs it, or what a paper calls it")
        found: dict[str, Any] = {"printed": texts["reported"]}
        steps = (_method, _factor, self._degraded, self._measured, _reported, _weights)
        for step in steps:
            try:
                found |= step(texts)
            except SrbenchError as error:
                wrong.append(str(error))
        if wrong:
            raise UsageError("; and ".join(wrong))
        return {**texts, **found}

    def _degraded(self, line: Mapping[str, str]) -> dict[str, Any]:
        if not line["protocol"]:
            return {}
        spec, degradation = self._protocol(_combined(line["protocol"], line["degradation"]))
        return {"protocol": spec, "degradation": degradation}

    def _measured(self, line: Mapping[str, str]) -> dict[str, Any]:
        return {"metric": self._metric(line["metric"] or METRIC)}


def _rows(file: Path, named: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a CSV file that are not empty, each with its number."""
    try:
        text = read_file(file).decode("utf-8-sig")  # of spreadsheets, too
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        yield from ((reader.line_num, cells) for cells in reader if any(each.strip() for each in cells))
    except OSError as error:
        raise UsageError(f"cannot read {named}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{named} is no text in UTF-8 (byte {error.start}); expected a CSV table of claims") from error
    except csv.Error as error:
        raise UsageError(f"{named}, line {reader.line_num}: {error}; expected CSV, as in a spreadsheet") from error


def _check_header(header: list[str], named: str) -> None:
    """Refuse a first line that does not name the columns, or one that is not known, as it would be ignored."""
    if missing := [each for each in NEEDED if each not in header]:
        raise UsageError(f"{named}: the first line has no column {', '.join(missing)}; {_advice(header)}")
    if other := [each for each in header if each not in (*COLUMNS, *MEASURED)]:
        raise unknown("column", other[0], COLUMNS, named)
    if len(set(header)) < len(header):
        raise UsageError(f"{named}: a column is there twice: {','.join(header)}")


def _advice(header: list[str]) -> str:
    """Return how a first line without the columns that are needed becomes one that has them."""
    lower = [each.lower() for each in header]
    if len(header) == 1 and (mark := next((each for each in ";\t" if each in header[0]), "")):
        return f"its cells are apart by {'tabs' if mark == chr(9) else mark}, expected commas"
    if set(NEEDED) <= set(lower):
        return f"expected lower case: {','.join(lower)}"
    if wide := [each for each in (METRIC, "ssim") if each in lower]:
        return (
            f"it has {' and '.join(wide)}, but a table has one number a line: `metric` names {METRIC}, and `reported` "
            "is the number (docs/reproducing.md converts such tables)"
        )
    return f"expected {','.join(COLUMNS)}, or some of these, and one claim a line"


def _fields(header: list[str], cells: list[str]) -> dict[str, str]:
    """Return the cells of a line by their columns; what has no column is empty.

    Raises:
        UsageError: there are fewer or more cells than columns.

    """
    if len(cells) != len(header):
        raise UsageError(
            f"{len(cells)} cells, expected {len(header)} as in the first line; a text with a comma needs double quotes"
        )
    given = dict(zip(header, (each.strip() for each in cells), strict=True))
    return {column: given.get(column, "") for column in COLUMNS}


def _method(line: Mapping[str, str]) -> dict[str, Any]:
    if not line["method"]:
        return {}
    spec = parse_method(line["method"])
    if spec.label:
        raise UsageError(f"method {line['method']!r} has a label; expected it in the column name")
    return {"method": str(spec)}


def _factor(line: Mapping[str, str]) -> dict[str, Any]:
    text = line["factor"]
    if text and (not text.isdecimal() or len(text) > _DIGITS or int(text) < 2):  # noqa: PLR2004 - 1 upscales nothing
        digits = text.strip("xX×")  # noqa: RUF001 - as papers write it
        hint = digits if digits.isdecimal() and digits != text else "3"
        raise UsageError(f"factor is {text!r}, expected one integer of at least 2, such as {hint}")
    return {"factor": int(text or 0)}


def _reported(line: Mapping[str, str]) -> dict[str, Any]:
    text = line["reported"]
    if not text:
        return {}
    if not _NUMBER.fullmatch(text) or len(text) > _LONGEST:
        found = re.fullmatch(r"(\d+)[.,](\d+)\s*(?:dB|±.*)?", text, re.IGNORECASE)
        hint = f": {found[1]}.{found[2]}" if found else ", such as 33.66"
        raise UsageError(f"reported is {text!r}, expected a number as it is printed, without its unit{hint}")
    return {"reported": float(text)}


def _weights(line: Mapping[str, str]) -> dict[str, Any]:
    text = line["weights"].lower()
    if text not in {"", OTHER} and not re.fullmatch("[0-9a-f]{64}", text):
        raise UsageError(
            f"weights is {line['weights']!r}, expected the sha256 of the authors' file, {OTHER} where nobody has it, "
            "or nothing"
        )
    return {"weights": text}


def _combined(protocol: str, degradation: str) -> str:
    """Return the protocol spec of both columns.

    Raises:
        UsageError: one cannot be read, or they contradict each other.

    """
    if not degradation:
        return protocol
    base, lr = parse_method(protocol, "protocol"), parse_method(degradation, "degradation")
    added = {"lr": lr.name, **lr.options}
    if other := [key for key, value in added.items() if base.options.get(key, value) != value]:
        raise UsageError(
            f"protocol is {protocol!r} and degradation {degradation!r}, which contradict each other in {other[0]}; "
            "name it once"
        )
    return canonical(base.name, {**base.options, **added})


def _metric(text: str, known: Mapping[str, metrics.MetricPlugin]) -> str:
    """Return the canonical spec of a metric; its module is imported only where it has options."""
    spec = parse_method(text.lower() if text.lower() in known else text, "metric")  # PSNR, as papers write it
    if spec.options:
        return metrics.choose(text, known).spec
    if spec.name not in known:
        raise unknown("metric", spec.name, known)
    return spec.name
