"""srbench: compares image upscalers by published protocols, and times them.

>>> import srbench
>>> tables = srbench.run("bicubic,espcn", factors=3, datasets="sample")
>>> tables.summary[["method", "psnr", "ssim"]]

PYTEST_DONT_REWRITE: it brings a pytest plug-in, and a process may have imported it before it starts pytest.
"""

import os  # Python itself has imported both, so neither can come from the current folder
import sys

from srbench.errors import SrbenchError, Unsupported
from srbench.version import __version__

# no library reports home: said before it is imported, here and in whatever this process starts
for _variable in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.setdefault(_variable, "1")
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # as if not installed; it has no variable

TYPE_CHECKING = False  # no other module is imported here before `__main__` has seen to where they come from
if TYPE_CHECKING:
    from srbench.api import board, check, compare, explain, history, load, metric, probe, reproduce, run, time
    from srbench.takes import Takes

__all__ = [
    "SrbenchError",
    "Takes",
    "Unsupported",
    "__version__",
    "board",
    "check",
    "compare",
    "explain",
    "history",
    "load",
    "metric",
    "probe",
    "reproduce",
    "run",
    "time",
]


def __getattr__(name: str) -> object:
    """Import `srbench.api` when one of its functions is asked for, so that `import srbench` stays instant."""
    if name == "Takes":
        from srbench.takes import Takes  # noqa: PLC0415 - see above

        return Takes
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from srbench import api  # noqa: PLC0415 - see above

    return getattr(api, name)
