"""What commands print with: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import ctypes
import math
import os
import sys
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.text import Text

from srbench.cli import streams
from srbench.formats import strict_json
from srbench.printable import printable
from srbench.reports import drawing
from srbench.specs import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from srbench.datasets import Dataset

_IGNORED = 10
"""How many ignored files are named."""

_PERIOD = 600
"""Seconds by which the time left is estimated: a step of `srbench time` takes up to a minute."""

_NARROW = 100
"""Columns up to which the numbers of a training leave no room for a bar."""


class _Terminal(Console):
    """A console that writes nothing but printable text, in whatever encoding the terminal has."""

    @property
    def encoding(self) -> str:
        """Return the encoding of the stream that is written to."""
        return (getattr(self.file, "encoding", None) or "utf-8").lower()

    def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:  # noqa: ANN401 - as rich has it
        """Yield the segments of `renderable`, with escapes for what cannot be shown."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else printable(segment.text, self.encoding, keep="\n")
            yield segment if text == segment.text else Segment(text, segment.style)

    def on_broken_pipe(self) -> None:
        """Go on for nobody: who reads the first line alone ends no command."""
        streams.drop(self.file)


class _Left(TimeRemainingColumn):
    """The time that is left, once it can be told."""

    def render(self, task: Task) -> Text:
        """Return it, or nothing."""
        return Text() if task.time_remaining is None or task.finished else Text("left ") + super().render(task)


out = _Terminal(emoji=False)  # names may hold :heart:
notes = _Terminal(stderr=True, emoji=False)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Give a callback (what, done, total) that draws a progress bar on a terminal and nothing elsewhere.

    A total of 0 stands for one that is not known.
    """
    what = TextColumn("{task.description}", markup=False)
    columns = SpinnerColumn(), what, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), _Left()
    look: dict[str, Any] = {"transient": True, "refresh_per_second": 2, "disable": not notes.is_terminal}
    with Progress(*columns, console=notes, speed_estimate_period=_PERIOD, **look) as bar:
        bar.add_task("", total=None)
        yield lambda what, done, total: _tell(bar, what, done, total)


@contextmanager
def training() -> Iterator[tuple[Callable[[Any, Any], None], Callable[[str, int, int], None]]]:
    """Give two callbacks, for the moments of a training and for its preparations, that draw one live line.

    Elsewhere than on a terminal, each tenth of the training is one line of text.
    """
    bar_column = [BarColumn(bar_width=20)] if notes.width > _NARROW else []  # numbers first
    text = TextColumn("{task.description}", markup=False)
    times = TimeElapsedColumn(), TimeRemainingColumn()
    columns = SpinnerColumn(), text, *bar_column, MofNCompleteColumn(), *times
    with Progress(*columns, console=notes, disable=not notes.is_terminal) as bar:
        task = bar.add_task("preparing", total=None)
        last: dict[str, Any] = {}

        def watch(plan: Any, moment: Any) -> None:  # noqa: ANN401 - of the training, which needs torch
            numbers = [f"loss {moment.loss:.3g}", *_validation(moment.psnr, moment.bicubic)]
            numbers += [f"rate {moment.rate:.1e}", f"{moment.patches_per_second:.0f} patches/s"]
            last.update(description=" ".join(numbers), completed=moment.step, total=plan.steps)
            bar.update(task, **last)
            if bar.disable and moment.step * 10 // plan.steps > (moment.step - plan.every) * 10 // plan.steps:
                note(f"step {moment.step} of {plan.steps}: {', '.join(numbers)}")

        yield watch, lambda what, done, total: _tell(bar, what, done, total)
        bar.update(task, **last)  # what stays on the terminal are the numbers, not the scoring after them


def _tell(bar: Progress, what: str, done: int, total: int) -> None:
    """Show what is done now, if it is said, and how much; of a new stage, neither count nor speed are those before."""
    (task,) = bar.tasks
    if (total or None) != task.total or done < task.completed:
        began = task.start_time
        bar.reset(task.id)  # forgets the speed
        task.start_time = began
    task.total = total or None  # `update` would keep what it was
    bar.update(task.id, description=what or None, completed=done)


def _validation(psnr: float, bicubic: float) -> list[str]:
    """Return the PSNR of held-out images in dB, if there is one, and how far it is from bicubic's."""
    gain = "" if math.isnan(bicubic) else f" ({psnr - bicubic:+.2f} against bicubic)"
    return [] if math.isnan(psnr) else [f"{psnr:.2f} dB{gain}"]


@contextmanager
def only_results(wanted: bool = True) -> Iterator[None]:
    """While methods run, send whatever they print to standard error: standard output is for the JSON alone.

    File descriptor 1 is led there too, for native code and worker processes; where there is none, nothing is.
    """
    if not wanted:
        yield
        return
    real = sys.stdout
    real.flush()
    with _descriptor_moved(), redirect_stdout(sys.stderr):
        try:
            yield
        finally:
            real.flush()  # a method may hold the stream from before


@contextmanager
def _descriptor_moved() -> Iterator[None]:
    try:
        kept = os.dup(1)
    except OSError:  # standard output is closed
        yield
        return
    try:
        with suppress(OSError):  # standard error is closed
            os.dup2(2, 1)
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what native code printed waits in the buffer of C
        os.dup2(kept, 1)
        os.close(kept)


def say(text: str, style: str = "") -> None:
    """Print one line of a result as it is: names may hold square brackets, which are no markup."""
    out.print(text, style=style, highlight=False, markup=False, emoji=False, soft_wrap=True)


def note(text: str) -> None:
    """Print one line beside the results, as it is; on a terminal it is broken between words."""
    drawing.say(notes, text)


def note_ignored(dataset: Dataset) -> None:
    """Name what a folder holds besides images."""
    if dataset.ignored:
        note(f"ignored in {dataset.root}: {listed(dataset.ignored, _IGNORED)}")


def print_text(text: str) -> None:
    """Print a text to standard output as it is: what it holds is for another program."""
    streams.write(printable(text, keep="\n") if out.is_terminal else text.encode("utf-8", "backslashreplace").decode())


def print_json(values: Any) -> None:  # noqa: ANN401 - JSON
    """Print strict JSON to standard output."""
    print_json_text(strict_json.dumps(values, indent=2) + "\n")


def print_json_text(text: str) -> None:
    """Print JSON to standard output, in ASCII where that is not Unicode: other escapes would be no JSON."""
    streams.write(text if out.encoding.startswith("utf") else strict_json.ascii_only(text))
