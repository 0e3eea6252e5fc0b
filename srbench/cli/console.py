"""What commands print with: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

out = Console()
notes = Console(stderr=True)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Give a callback (what, done, total) that draws a progress bar on a terminal and nothing elsewhere."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def tick(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield tick


def print_json(values: Any) -> None:  # noqa: ANN401 - JSON
    """Print strict JSON to standard output."""
    print(json.dumps(_plain(values), indent=2, ensure_ascii=False, allow_nan=False))  # noqa: T201


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the lines of a table as dictionaries of plain values."""
    return [{str(key): value for key, value in record.items()} for record in frame.astype(object).to_dict("records")]


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Turn NaN and pandas' NA into null, and infinity into text."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    if value is None or str(value) in {"nan", "<NA>"}:
        return None
    return str(value) if isinstance(value, float) and math.isinf(value) else value
