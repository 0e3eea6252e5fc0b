"""How long ESPCN x3 takes from 640x360 to 1920x1080 by each engine, beside plain PyTorch and the floor of sgemm.

Each subject has a process of its own, since what one sets (malloc, threads that spin) would help or hurt another; they
take turns, so that drift falls on all. The network alone is timed inside the same calls as the whole: two processes get
memory at other addresses, which alone makes a network faster or slower by a fifth.
`python tests/benchmarks/engines.py` prints ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FACTOR, HEIGHT, WIDTH = 3, 360, 640
MULTIPLY_ADDS = 22624 * HEIGHT * WIDTH
"""Of the paper's network: 1600 + 18432 + 2592 per LR pixel."""

SIDE = 1024
"""That of the square matrices behind the floor, float32."""

ENGINES = ("torch", "onnxruntime", "openvino")
FLOORS = ("floor torch.mm", "floor numpy")
PAUSE = 0.05
"""Seconds until the threads of the last subject have stopped spinning; those of OpenBLAS do for 2^26 cycles."""


def measure(rounds: int = 15, activation: str = "tanh", threads: int = 2) -> dict[str, float]:
    """Return median seconds of `eager` (PyTorch as it comes), and of each engine's `network` and `RGB`, its whole call.

    `floor torch.mm` and `floor numpy` are the seconds that the network's multiply-adds take at the rate of a matrix
    product of 1024x1024 matrices in float32.
    """
    names = ["eager", *FLOORS, *ENGINES]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, "subject"]
    subjects = {
        name: subprocess.Popen(
            [*command, name, activation], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in names
    }
    try:
        for process in subjects.values():
            _answer(process)  # is warm
        samples = [_round(subjects) for _ in range(rounds)]
    finally:
        for process in subjects.values():
            process.communicate()
    return {name: statistics.median(sample[name] for sample in samples) for name in samples[0]}


def _round(subjects: Mapping[str, subprocess.Popen[str]]) -> dict[str, float]:
    """Return a sample of each subject; of an engine two, of one call."""
    found: dict[str, float] = {}
    for name, process in subjects.items():
        time.sleep(PAUSE)
        seconds = map(float, _answer(process, "\n").split())
        parts = [f"{name} network", f"{name} RGB"] if name in ENGINES else [name]
        found |= dict(zip(parts, seconds, strict=True))
    return found


def _answer(process: subprocess.Popen[str], question: str = "") -> str:
    if process.stdin is None or process.stdout is None:
        raise AssertionError
    process.stdin.write(question)
    process.stdin.flush()
    return process.stdout.readline()


def _subject(name: str, activation: str) -> None:
    """Answer each line with the seconds of one call, before them those of its network where it is an engine's."""
    call = _engine(name, activation) if name in ENGINES else _whole(name, activation)
    for _ in range(5):
        call()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(*call(), flush=True)


def _engine(name: str, activation: str) -> Callable[[], tuple[float, ...]]:
    """Return a call of an engine on RGB uint8, phase by phase, that returns the seconds of its network and its own."""
    from srbench.methods import choose, registry

    upscaler: Any = choose(f"espcn:activation={activation}:engine={name}", registry()).load(FACTOR, "cpu")
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    upload, infer, download = upscaler.phases

    def call() -> tuple[float, float]:
        start = time.perf_counter()
        uploaded = upload(image)
        begun = time.perf_counter()
        inferred = infer(uploaded)
        done = time.perf_counter()
        download(inferred)
        return done - begun, time.perf_counter() - start

    return call


def _whole(name: str, activation: str) -> Callable[[], tuple[float, ...]]:
    """Return a call that returns its seconds; of a floor, those that the network would take at its rate."""
    run, scale = (_floor(name), MULTIPLY_ADDS / SIDE**3) if name in FLOORS else (_eager(activation), 1.0)

    def call() -> tuple[float]:
        start = time.perf_counter()
        run()
        return ((time.perf_counter() - start) * scale,)

    return call


def _floor(name: str) -> Callable[[], Any]:
    """Return a product of two matrices."""
    import torch

    matrix = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    tensor = torch.from_numpy(matrix)
    return (lambda: torch.mm(tensor, tensor)) if name == "floor torch.mm" else (lambda: matrix @ matrix)


def _eager(activation: str) -> Callable[[], Any]:
    """Return a call of the network as PyTorch runs it by default: NCHW, no_grad, glibc's malloc as it is."""
    import torch

    from srbench.methods import registry

    network = registry()["espcn"].module().network(FACTOR, activation=activation).eval()
    luma = torch.rand(1, 1, HEIGHT, WIDTH)

    def call() -> None:
        with torch.no_grad():
            network(luma)

    return call


def main() -> None:
    """Print the medians and ratios for both activations."""
    for activation in ("tanh", "relu"):
        seconds = measure(activation=activation)
        floor = min(seconds[each] for each in FLOORS)
        print(f"ESPCN x3, {activation}, 640x360 to 1920x1080, float32, 2 threads")
        print(f"{'':20}{'ms':>8}{'eager / it':>12}{'it / floor':>12}{'RGB / network':>15}")
        for name, value in seconds.items():
            network = seconds.get(name.replace("RGB", "network"), value)
            whole = f"{value / network:15.2f}" if name.endswith("RGB") else ""
            print(f"{name:20}{value * 1e3:8.1f}{seconds['eager'] / value:12.2f}{value / floor:12.2f}{whole}")


if __name__ == "__main__":
    _subject(*sys.argv[2:]) if sys.argv[1:2] == ["subject"] else main()
