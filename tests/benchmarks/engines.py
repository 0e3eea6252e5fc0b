"""How long ESPCN x3 takes from 640x360 to 1920x1080 by each engine, beside plain PyTorch and the floor of sgemm.

Each subject has a process of its own, since what one sets (malloc, threads that spin) would help or hurt another; they
take turns, so that drift falls on all. `python tests/benchmarks/engines.py` prints ratios.
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
    from collections.abc import Callable

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
    """Return median seconds of `eager` (PyTorch as it comes), and of each engine's `network` and `RGB`.

    `floor torch.mm` and `floor numpy` are the seconds that the network's multiply-adds take at the rate of a matrix
    product of 1024x1024 matrices in float32.
    """
    names = ["eager", *FLOORS, *(f"{engine} {part}" for engine in ENGINES for part in ("network", "RGB"))]
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
        samples = [{name: _sample(process) for name, process in subjects.items()} for _ in range(rounds)]
    finally:
        for process in subjects.values():
            process.communicate()
    return {name: statistics.median(sample[name] for sample in samples) for name in names}


def _sample(process: subprocess.Popen[str]) -> float:
    time.sleep(PAUSE)
    return float(_answer(process, "\n"))


def _answer(process: subprocess.Popen[str], question: str = "") -> str:
    if process.stdin is None or process.stdout is None:
        raise AssertionError
    process.stdin.write(question)
    process.stdin.flush()
    return process.stdout.readline()


def _subject(name: str, activation: str) -> None:
    """Answer each line with the seconds of one call."""
    call, scale = _call(name, activation)
    for _ in range(5):
        call()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        call()
        print((time.perf_counter() - start) * scale, flush=True)


def _call(name: str, activation: str) -> tuple[Callable[[], Any], float]:
    """Return what is timed, and what its seconds are multiplied with."""
    random = np.random.default_rng(0)
    if name in FLOORS:
        import torch

        matrix = random.random((SIDE, SIDE), np.float32)
        tensor = torch.from_numpy(matrix)
        products = {"floor torch.mm": lambda: torch.mm(tensor, tensor), "floor numpy": lambda: matrix @ matrix}
        return products[name], MULTIPLY_ADDS / SIDE**3
    if name == "eager":
        return _eager(activation), 1.0
    from srbench.methods import choose, registry

    engine, part = name.split()
    upscaler: Any = choose(f"espcn:activation={activation}:engine={engine}", registry()).load(FACTOR, "cpu")
    image = random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    upload, infer, _ = upscaler.phases
    uploaded = upload(image)
    return (lambda: upscaler(image)) if part == "RGB" else (lambda: infer(uploaded)), 1.0


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
