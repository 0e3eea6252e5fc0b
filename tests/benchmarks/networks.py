"""How long networks of luma take up to 1920x1080, untrained, by each engine: medians of calls that take turns.

All are in one process, so that drift and other programs fall on all; ratios are to the first. With one thread the clock
is the processor time of the process, which other programs lengthen little.

python tests/benchmarks/networks.py 3 1 espcn:activation=relu fsrcnn plain plain:layers=4
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import torch

from srbench import methods
from srbench.networks.ready import ready
from srbench.networks.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from srbench.networks.model import Model
    from srbench.networks.running import Engine

HEIGHT, WIDTH = 1080, 1920
ROUNDS = 15
ENGINES: tuple[Engine, ...] = ("torch", "onnxruntime", "openvino")


class Timed(NamedTuple):
    """What a network takes by one engine."""

    spec: str
    engine: str
    milliseconds: float
    """The median of all calls."""
    ratio: float
    """To the first network, by the same engine."""


def measure(specs: Sequence[str], factor: int, threads: int, rounds: int = ROUNDS) -> Iterator[Timed]:
    """Yield what each network takes, engine by engine."""
    torch.set_num_threads(threads)
    lr = torch.rand(1, 1, HEIGHT // factor, WIDTH // factor, generator=torch.Generator().manual_seed(0))
    clock = time.process_time if threads == 1 else time.perf_counter
    for engine in ENGINES:
        models = [_model(spec, factor, engine) for spec in specs]
        turns = [[_seconds(model, lr, clock) for model in models] for _ in range(1 + rounds)]
        medians = [1000 * statistics.median(own) for own in zip(*turns[1:], strict=True)]  # the first turn warms up
        for spec, median in zip(specs, medians, strict=True):
            yield Timed(spec, engine, median, median / medians[0])


def _model(spec: str, factor: int, engine: Engine) -> Model:
    choice = methods.choose(spec, methods.registry())
    network = choice.method.module().network(factor, **dict(choice.options))
    return ready(network, factor, "cpu", running=Running(engine=engine))


@torch.inference_mode()
def _seconds(model: Model, lr: torch.Tensor, clock: Callable[[], float]) -> float:
    start = clock()
    model.run(lr)
    return clock() - start


def main(factor: str, threads: str, *specs: str) -> None:
    """Print a line for each network and engine."""
    print(f"x{factor} to {WIDTH}x{HEIGHT}, {threads} threads, {ROUNDS} rounds")
    for each in measure(specs, int(factor), int(threads)):
        print(f"{each.engine:12} {each.spec:32} {each.milliseconds:8.1f} ms {each.ratio:6.2f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
