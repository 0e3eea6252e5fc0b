"""Files upscaled in a worker, one after the other: one that fails does not stop the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench import methods, plan
from srbench.atomic import clear
from srbench.errors import Crashed, SrbenchError, UsageError
from srbench.execution.patience import patient
from srbench.isolation import worker
from srbench.isolation.limits import Limits
from srbench.specs import counted
from srbench.upscaling import image_worker
from srbench.upscaling.image_worker import Asked, Written
from srbench.upscaling.targets import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from srbench.isolation.worker import Worker
    from srbench.upscaling.image_worker import Loaded
    from srbench.upscaling.targets import Pair


@dataclass(frozen=True)
class Upscaled:
    """What became of one image."""

    source: Path
    target: Path
    error: str = ""
    """Why nothing was written; empty where it was."""
    lr: tuple[int, int] | None = None
    """Width and height of the source, upright."""
    size: tuple[int, int] | None = None
    """Width and height of what was written."""
    seconds: float | None = None
    """From reading to having written it."""
    peak: int | None = None
    """The most bytes of memory that the worker had meanwhile (Linux)."""
    device: str = ""
    remark: str = ""
    """How it was computed, if not as usual."""
    notes: tuple[str, ...] = ()
    """What of the source the file does not hold, and whether it is stretched."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {
            "source": str(self.source),
            "target": str(self.target),
            "error": self.error,
            "lr_width": self.lr and self.lr[0],
            "lr_height": self.lr and self.lr[1],
            "width": self.size and self.size[0],
            "height": self.size and self.size[1],
            "seconds": self.seconds,
            "peak_memory": self.peak,
            "device": self.device,
            "remark": self.remark,
            "notes": list(self.notes),
        }


def upscale(  # noqa: PLR0913 - as `srbench.upscale`
    sources: Sequence[str | Path],
    out: str | Path,
    asked: Asked,
    *,
    kind: str = "",
    threads: int = 0,
    watch: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Upscaled]:
    """Upscale files, and those of folders, and return what became of each; one that fails stops no other.

    A worker computes; `watch` is told (what, done, total) as it goes on, for one image in tiles.

    Raises:
        SrbenchError: the method cannot be loaded, nothing can be written there, or the only image fails.

    """
    given = [Path(source) for source in sources]
    if not given:
        raise UsageError("got no image to upscale, expected files or a folder")
    plan.device(asked.device)
    asked = replace(asked, plugins=plan.absolute(map(Path, asked.plugins)))
    methods.check_names([asked.spec], map(Path, asked.plugins))
    todo = pairs(given, out, kind)
    limits = Limits(timeout=0, memory=asked.memory, retries=0, threads=threads)
    with worker.new(limits, image_worker.__name__, patient()) as process:
        done = list(_each(process, todo, asked, watch))
    if len(done) == 1 and done[0].error:
        raise UsageError(done[0].error)
    return done


def _each(
    process: Worker, todo: Sequence[Pair], asked: Asked, watch: Callable[[str, int, int], None]
) -> Iterator[Upscaled]:
    loaded: Loaded | None = None
    for place, pair in enumerate(todo, 1):
        name = f"{pair.source.name} ({place} of {len(todo)}): " if todo[1:] else ""
        try:
            if pair.error:
                raise UsageError(pair.error)
            watch(f"{name}reading", 0, 0)
            number = process.call(image_worker.begin, asked, pair.source, pair.target)
        except SrbenchError as error:
            yield Upscaled(pair.source, pair.target, _line(pair, error, asked, loaded))
            continue
        if loaded is None:
            watch(f"loading {asked.spec}", 0, 0)
            loaded = process.call(image_worker.load, asked)  # without the method nothing can be done
        try:
            written = _advanced(process, name, watch)
            yield Upscaled(pair.source, pair.target, **written._asdict(), device=loaded.device)
        except KeyboardInterrupt:
            process.stop()
            clear(pair.target, number)
            raise
        except SrbenchError as error:
            clear(pair.target, number)
            yield Upscaled(pair.source, pair.target, _line(pair, error, asked, loaded))


def _advanced(process: Worker, name: str, watch: Callable[[str, int, int], None]) -> Written:
    while True:
        found = process.call(image_worker.advance)
        if isinstance(found, Written):
            return found
        watch(f"{name}{found.what}", found.done, found.total)


def _line(pair: Pair, error: SrbenchError, asked: Asked, loaded: Loaded | None) -> str:
    """Return why an image was not upscaled; of a worker that died, with the image, and what its memory goes to."""
    if not isinstance(error, Crashed):
        return str(error)
    whole = loaded is not None and not loaded.tiles
    advice = "; it takes images whole, not in tiles" * whole
    if error.memory:
        advice += f"; it had {error.memory / 1e6:.0f} MB when it was ended; give more"
    return f"{pair.source}: {asked.spec}: {error}{advice}"


def summary(done: Iterable[Upscaled], asked: Asked, out: str | Path) -> str:
    """Return in one line how many images were upscaled, by what, and where they are."""
    done = list(done)
    good = [each for each in done if not each.error]
    by = f"x{asked.factor} by {asked.spec}"
    if asked.size.is_asked:
        by += f", then resized by Pillow's {asked.size.resampler}"
    if len(done) == 1 and good and good[0].size:
        return f"{good[0].target}: {good[0].size[0]}x{good[0].size[1]} pixels, {by}"
    failed = f"; {len(done) - len(good)} failed" if done[len(good) :] else ""
    return f"{counted(len(good), 'image')} upscaled {by}, in {out}{failed}"
