"""What a process goes through: real waiting, memory and thread pools, and NVML by a stand-in, as no GPU is here."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import cv2
import pytest

from srbench.speed import conditions, environment
from srbench.speed.conditions import Watch

if TYPE_CHECKING:
    from pathlib import Path

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells this, other systems do not")


LOAD = """
import subprocess, sys, time
from srbench.speed.conditions import Others
ours = subprocess.Popen([sys.executable, "-c", "while True: pass"])
others = Others()
time.sleep(0.7)
print(others.share())
ours.kill()
"""


@pytest.mark.slow
def test_other_load_is_what_others_compute() -> None:
    """A busy process beside shows by its share of all cores; what a run's own processes compute does not."""
    shares = []
    for count in (0, os.cpu_count() or 1):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
        try:
            printed = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True).stdout
            shares.append(float(printed))
        finally:
            for other in others:
                other.kill()
                other.wait()
    assert shares[1] > shares[0] or shares[0] > 0.5  # other tests may run beside
    assert shares[1] > 0.3
    assert math.isnan(conditions.Others().share())  # just now


PEAK = """
import numpy as np
from srbench.speed import conditions
print(conditions.peak_memory())
for _ in range(2):
    np.ones(300_000_000, np.uint8)
    print(conditions.peak_memory())
    conditions.forget_peak()
    print(conditions.peak_memory())
"""


@pytest.mark.slow
@linux
def test_peak_memory_since_it_was_forgotten() -> None:
    """What was taken and given back before does not count; what is taken since does."""
    printed = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True).stdout
    before, *peaks = (int(each) / 1e6 for each in printed.split())
    assert [peak - before for peak in peaks] == pytest.approx([300, 0, 300, 0], abs=30)


def test_pools_name_the_threads_of_each_library() -> None:
    """OpenCV's and BLAS's threads are told as they are now."""
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        found = dict(each.split("=") for each in conditions.pools().split())
    finally:
        cv2.setNumThreads(before)
    assert found["opencv"] == "1"
    assert found["openblas"].isdecimal()


def test_elsewhere_nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a system without /proc, memory is None: no error."""
    monkeypatch.setattr(conditions, "_PROCESS", tmp_path / "absent")
    monkeypatch.setattr(conditions, "_CORES", tmp_path)
    assert conditions.peak_memory() is None
    conditions.forget_peak()
    assert Watch("cpu").read().throttled == ""


def test_thermal_throttling_of_a_core_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A counter of the kernel that rises meanwhile says so."""
    file = tmp_path / "cpu1" / "thermal_throttle" / "core_throttle_count"
    file.parent.mkdir(parents=True)
    file.write_text("3")
    monkeypatch.setattr(conditions, "_CORES", tmp_path)
    watch = Watch("cpu")
    assert watch.read().throttled == ""
    file.write_text("5")
    assert watch.read().throttled == "thermal throttling"


class Nvml:
    """What `pynvml` gives for one GPU that is too hot and that another program uses too."""

    NVMLError = RuntimeError
    NVML_CLOCK_SM = 1
    NVML_TEMPERATURE_GPU = 0
    nvmlClocksThrottleReasonSwPowerCap = 4  # noqa: N815 - as all names here
    nvmlClocksThrottleReasonHwThermalSlowdown = 64  # noqa: N815

    def __init__(self, foreign: int) -> None:
        """Take the process id of the other program."""
        self.foreign = foreign
        self.asked: list[object] = []

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's name
        """Do nothing."""

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        """Note which GPU was asked for."""
        self.asked.append(index)
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:  # noqa: N802
        """Note which GPU was asked for."""
        self.asked.append(uuid)
        return 0

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, _: int) -> int:  # noqa: N802
        """Power cap and heat."""
        return 64 | 4

    def nvmlDeviceGetClockInfo(self, _: int, kind: int) -> int:  # noqa: N802
        """1410 MHz."""
        return 1410 if kind == self.NVML_CLOCK_SM else 0

    def nvmlDeviceGetTemperature(self, _: int, __: int) -> int:  # noqa: N802
        """83 degrees."""
        return 83

    def nvmlDeviceGetComputeRunningProcesses(self, _: int) -> list[SimpleNamespace]:  # noqa: N802
        """Ourselves and the other program."""
        return [SimpleNamespace(pid=os.getpid()), SimpleNamespace(pid=self.foreign)]


def test_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clock, temperature, throttle reasons and foreign processes come from NVML, of the GPU that CUDA calls 0."""
    nvml = Nvml(foreign=1)  # init is nobody's sibling here
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    for visible, asked in (("", 0), ("3,1", 3), ("GPU-5ebe9d3c", "GPU-5ebe9d3c")):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        assert Watch("cuda").read() == (1410.0, 83.0, "power cap, hardware thermal slowdown", 1)
        assert nvml.asked.pop() == asked


def test_gpu_without_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, or with a driver that does not answer, nothing is known and nothing fails."""
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert Watch("cuda").read().throttled == ""

    class Broken(Nvml):
        def nvmlInit(self) -> None:  # noqa: N802
            raise self.NVMLError("driver not loaded")

    monkeypatch.setitem(sys.modules, "pynvml", Broken(1))
    assert math.isnan(Watch("cuda").read().mhz)


@pytest.mark.gpu
@pytest.mark.skipif(not environment.cuda_devices(), reason="there is no CUDA device")
def test_real_gpu() -> None:
    """NVML tells clock and temperature of the GPU."""
    pytest.importorskip("pynvml")
    now = Watch("cuda").read()
    assert now.mhz > 0
    assert 0 < now.temperature < 120
