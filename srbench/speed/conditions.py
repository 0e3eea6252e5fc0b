"""The conditions under which a process was timed: other load, clocks, heat, throttling, memory.

Whatever a system does not report is NaN, empty or None, which is not an error.
"""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from srbench.speed.environment import cores

_PROCESS = Path("/proc/self")
_CORES = Path("/sys/devices/system/cpu")

_REASONS = {
    "SwPowerCap": "power cap",
    "HwSlowdown": "hardware slowdown",
    "SwThermalSlowdown": "thermal slowdown",
    "HwThermalSlowdown": "hardware thermal slowdown",
    "HwPowerBrakeSlowdown": "power brake",
}
"""NVML's names of reasons to throttle, as in `nvmlClocksThrottleReason...`, and what rows call them."""


class Conditions(NamedTuple):
    """What a device reports at one moment."""

    mhz: float = math.nan
    """Its clock: of a GPU that of the multiprocessors, of the CPU the mean over its cores."""
    temperature: float = math.nan
    """Degrees Celsius."""
    throttled: str = ""
    """Why it runs slower than it could."""
    foreign: int | None = None
    """Processes on a GPU that are not of this run."""


class Watch:
    """What happens to the device while this process works."""

    def __init__(self, device: str) -> None:
        """Begin."""
        self._device = device
        self._throttles = _throttles()

    def read(self) -> Conditions:
        """Return the conditions now, throttling since the beginning among them."""
        return _gpu() if self._device == "cuda" else _cpu(throttled=_throttles() > self._throttles)


class Others:
    """What other programs compute than this process and those it started, the host of a virtual machine among them."""

    SHORTEST = 0.1
    """Least seconds for a meaningful share: the kernel counts in hundredths."""

    def __init__(self) -> None:
        """Begin."""
        self._start = time.monotonic()
        self._busy = _busy_elsewhere()

    def share(self) -> float:
        """Return the share of our cores' time that they took since the beginning; NaN where that was just now."""
        seconds = time.monotonic() - self._start
        if seconds < self.SHORTEST:
            return math.nan
        return max(0.0, _busy_elsewhere() - self._busy) / (seconds * cores())


def _busy_elsewhere() -> float:
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    busy = 0.0
    for core, times in enumerate(psutil.cpu_times(percpu=True)):
        if allowed is None or core in allowed:
            twice = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # part of user and nice as well
            busy += sum(times) - times.idle - getattr(times, "iowait", 0.0) - twice
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            busy -= sum(process.cpu_times()[:4])  # user and system, its own and those of children that have ended
    return float(busy)


def peak_memory() -> int | None:
    """Return the bytes that were resident at most since `forget_peak` (Linux)."""
    with suppress(OSError, ValueError):
        for line in (_PROCESS / "status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def forget_peak() -> None:
    """Let `peak_memory` begin with what is resident now."""
    with suppress(OSError):
        (_PROCESS / "clear_refs").write_text("5", encoding="ascii")


def pools() -> str:
    """Return the threads of each library that this process has loaded, such as `openblas=2 openmp=2 opencv=2`."""
    import cv2  # noqa: PLC0415 - only where something is timed

    found = {"opencv": cv2.getNumThreads()}
    with suppress(ImportError):
        from threadpoolctl import threadpool_info  # noqa: PLC0415

        found |= {each["internal_api"]: each["num_threads"] for each in threadpool_info()}
    return " ".join(f"{name}={threads}" for name, threads in sorted(found.items()))


def _cpu(*, throttled: bool) -> Conditions:
    frequency: Any = None
    with suppress(Exception):  # psutil raises what it likes where there is none
        frequency = psutil.cpu_freq()
    mhz = float(frequency.current) if frequency and frequency.current else math.nan
    return Conditions(mhz=mhz, throttled="thermal throttling" if throttled else "")


def _throttles() -> int:
    """Return how often cores were throttled since the machine started."""
    total = 0
    for file in _CORES.glob("cpu*/thermal_throttle/core_throttle_count"):
        with suppress(OSError, ValueError):
            total += int(file.read_text(encoding="ascii"))
    return total


def _gpu() -> Conditions:
    """Ask NVML about the first visible GPU."""
    try:
        import pynvml  # noqa: PLC0415 - an extra
    except ImportError:
        return Conditions()
    try:
        pynvml.nvmlInit()
        handle = _handle(pynvml)
        reasons = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
        names = [
            text for name, text in _REASONS.items() if reasons & getattr(pynvml, f"nvmlClocksThrottleReason{name}", 0)
        ]
        return Conditions(
            mhz=float(pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)),
            temperature=float(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)),
            throttled=", ".join(names),
            foreign=sum(_is_foreign(each.pid) for each in pynvml.nvmlDeviceGetComputeRunningProcesses(handle)),
        )
    except Exception:  # noqa: BLE001 - a driver or a version of NVML that cannot tell must not cost a sample
        return Conditions()


def _handle(nvml: Any) -> Any:  # noqa: ANN401 - of a C library
    """Return the GPU that CUDA calls 0: the first that `CUDA_VISIBLE_DEVICES` names, by number or by UUID."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    if first and not first.isdecimal():
        return nvml.nvmlDeviceGetHandleByUUID(first)
    return nvml.nvmlDeviceGetHandleByIndex(int(first or 0))


def _is_foreign(pid: int) -> bool:
    """Tell whether a process is none of this run's: neither this one nor one that its parent started."""
    try:
        return pid != os.getpid() and psutil.Process(pid).ppid() != os.getppid()
    except psutil.Error:
        return True
