"""Options that several commands share, declared once."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer

from srbench.errors import UsageError
from srbench.model_files import ALLOWED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


_DIGITS = 9  # Python refuses to read some thousands


def integer(option: str, least: int) -> Callable[[str], int]:
    """Return a parser of integers that says what it got; the one built into typer does not."""

    def parse(text: str) -> int:
        if not str(text).isdecimal() or len(str(text)) > _DIGITS or int(text) < least:
            raise UsageError(f"{option} is {text!r}, expected one integer of at least {least}")
        return int(text)

    return parse


def seconds(option: str) -> Callable[[str], float]:
    """Return a parser of time limits: seconds, or 0 for none."""

    def parse(text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1
        if not 0 <= seconds < math.inf:
            raise UsageError(f"{option} is {text!r}, expected seconds, or 0 for no limit")
        return seconds

    return parse


_LEAST = 10**8


def _bytes(text: str) -> int:
    """Parse a size: `4GiB`, `500MB`, plain bytes, or 0 for no limit."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b)?", str(text).strip().lower())
    if not found:
        raise UsageError(f"--memory is {text!r}, expected a size such as 4GiB or 500MB, or 0 for no limit")
    number, prefix, binary = found.groups()
    if not prefix and 0 < float(number) < _LEAST:
        raise UsageError(f"--memory is {text!r}, which are bytes; give a unit, such as {number}GiB")
    size = int(float(number) * (1024 if binary else 1000) ** ("kmgt".index(prefix) + 1 if prefix else 0))
    if 0 < size < _LEAST:
        raise UsageError(
            f"--memory is {text!r}, expected at least 100MB, which a worker has before it computes anything"
        )
    return size


def method_names(incomplete: str) -> list[str]:
    """Complete the last item of a comma list of methods, behind its label if it has one."""
    from srbench.methods import registry

    label, equals, _ = incomplete.rpartition(",")[2].partition("=")
    return _continued(incomplete, [f"{label * bool(equals)}{equals}{each}" for each in registry()])


def metric_names(incomplete: str) -> list[str]:
    """Complete the last item of a comma list of metrics."""
    from srbench.metrics.registry import registry

    return _continued(incomplete, registry())


def dataset_names(incomplete: str) -> list[str]:
    """Complete the last item of a comma list of datasets."""
    from srbench.datasets import names

    return _continued(incomplete, names())


def protocol_names(incomplete: str) -> list[str]:
    """Complete the last item of a comma list of protocols, and a degradation behind `lr=`."""
    from srbench.quality.degradation import NAMED
    from srbench.quality.protocols import PROTOCOLS, SHORT

    before, lr, _ = incomplete.rpartition(":lr=")
    named = [f"{before.rpartition(',')[2]}{lr}{name}" for name in NAMED] if lr else [*PROTOCOLS, *SHORT]
    return _continued(incomplete, named)


def _continued(incomplete: str, names: Iterable[str]) -> list[str]:
    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{name}" for name in names if name.startswith(last)]


def one_list(context: typer.Context, parameter: typer.CallbackParam, value: list[str]) -> list[str]:
    """Take a variable for one comma list: typer splits it at spaces, which paths may hold."""
    source = context.get_parameter_source(str(parameter.name))
    if source is None or source.name != "ENVIRONMENT":
        return value
    return [os.environ[str(parameter.envvar)]]


def _allow_pickle(value: bool) -> bool:
    """Leave the choice in the environment, where methods read it, those in other processes too."""
    os.environ.pop(ALLOWED, None)
    if value:
        os.environ[ALLOWED] = "1"
    return value


T = TypeVar("T")

INPUT, EXECUTION, HARDWARE, OUTPUT = "Input", "Execution", "Hardware", "Output"
"""The panels of `--help`: what is processed, how, where, and what is written. An option has one panel everywhere."""
TRAINING = "Training"
COMPARISON = "Comparison"

PROTOCOL_HELP = (
    "How LR is made and SR is scored, as name[:key=value...] such as basicsr:lr=bd, or a TOML file; "
    "`srbench protocols` lists them."
)


def hand_down(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 - options of any type
    """Keep the options given before a subcommand for it, as `given` finds them.

    Raises:
        UsageError: the subcommand has no such option.

    """
    context.obj = values
    below: Any = getattr(context.command, "commands", {}).get(context.invoked_subcommand)
    for name in values if below else ():
        if _typed(context, name) and name not in {parameter.name for parameter in below.params}:
            raise UsageError(f"{context.command_path} {below.name} has no option --{name}; leave it out")


def given(context: typer.Context, name: str, value: T) -> T:
    """Return an option's value: as given after the subcommand, otherwise as given before it."""
    inherited: T = context.obj[name]
    return value if _typed(context, name) else inherited


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


Methods: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--methods",
        "-m",
        envvar="SRBENCH_METHODS",
        metavar="SPEC,...",
        rich_help_panel=INPUT,
        autocompletion=method_names,
        callback=one_list,
        help="Methods to compare, as name[:key=value...], or model files such as ./model.onnx; LABEL=SPEC gives one a "
        "label in tables and figures. `srbench methods` lists them.",
    ),
]
Method: TypeAlias = Annotated[
    str,
    typer.Option(
        "--method",
        "-m",
        envvar="SRBENCH_METHOD",
        metavar="SPEC",
        rich_help_panel=INPUT,
        autocompletion=method_names,
        help="The method, as name[:key=value...], or a model file.",
    ),
]
MetricArgument: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="SPEC", autocompletion=metric_names, help="The metric, as name[:key=value...]."),
]
MethodArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", autocompletion=method_names, help="The method, as name[:key=value...], or a model file."
    ),
]
Factors: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--factor",
        "-f",
        envvar="SRBENCH_FACTOR",
        metavar="N,...",
        rich_help_panel=INPUT,
        callback=one_list,
        help="Upscaling factors, each at least 2.",
    ),
]
Factor: TypeAlias = Annotated[
    int,
    typer.Option(
        "--factor",
        "-f",
        envvar="SRBENCH_SINGLE_FACTOR",  # SRBENCH_FACTOR is a list
        metavar="N",
        rich_help_panel=INPUT,
        help="Upscaling factor, at least 2.",
        parser=integer("--factor", 2),
    ),
]
Hr: TypeAlias = Annotated[
    str,
    typer.Option(
        "--hr",
        envvar="SRBENCH_HR",
        metavar="DIR",
        rich_help_panel=INPUT,
        help="Folder of the ground truth, or a dataset by its name, as in --hr set5: its scores pair with those of a "
        "run on that dataset.",
    ),
]
_SR = "Folder of SR images, with NAME= before it the name of their method"


def _sr(more: str) -> Any:  # noqa: ANN401 - what typer makes
    """Return the option `--sr`, with what one command says of it."""
    help_ = f"{_SR}; {more}"
    return typer.Option("--sr", envvar="SRBENCH_SR", metavar="[NAME=]DIR", rich_help_panel=INPUT, help=help_)


Sr: TypeAlias = Annotated[list[str], _sr("may be repeated.")]
OneSr: TypeAlias = Annotated[list[str], _sr("just one.")]
SrFolders: TypeAlias = Annotated[
    list[str] | None, _sr("they are one more method. Each dataset and factor may have a folder in it. May be repeated.")
]
Lr: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--lr",
        envvar="SRBENCH_LR",
        metavar="DIR",
        rich_help_panel=INPUT,
        help="Folder of the LR images that SR was made from; they are compared with all named degradations.",
    ),
]
ClaimedSsim: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--claimed-ssim",
        envvar="SRBENCH_CLAIMED_SSIM",
        metavar="SSIM",
        rich_help_panel=INPUT,
        help="SSIM to explain, with all digits that are printed.",
    ),
]
Conventions: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--conventions",
        envvar="SRBENCH_CONVENTIONS",
        metavar="FILE",
        rich_help_panel=INPUT,
        help="TOML file of further conventions of your own; may be repeated.",
    ),
]
Datasets: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--datasets",
        "-d",
        envvar="SRBENCH_DATASETS",
        metavar="NAME,...",
        rich_help_panel=INPUT,
        autocompletion=dataset_names,
        callback=one_list,
        help="Datasets, as name[:split] (`srbench datasets` lists them), folders of HR images, written with "
        "a / (LR is made of them; to enlarge images: `srbench upscale`), HR_FOLDER::LR_FOLDER, or manifests "
        "(./FILE.toml); see docs/datasets.md.",
    ),
]
Protocols: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--protocol",
        "-p",
        envvar="SRBENCH_PROTOCOL",
        metavar="SPEC,...",
        rich_help_panel=INPUT,
        autocompletion=protocol_names,
        callback=one_list,
        help=PROTOCOL_HELP,
    ),
]
Metrics: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--metrics",
        envvar="SRBENCH_METRICS",
        metavar="SPEC,...",
        rich_help_panel=INPUT,
        autocompletion=metric_names,
        callback=one_list,
        show_default=False,
        help="What SR is scored by, as name[:key=value...], the first ranks the methods; `srbench metrics` lists them. "
        "Default: psnr,ssim; with --no-reference niqe.",
    ),
]


def _device(more: str = "") -> Any:  # noqa: ANN401 - as typer.Option
    """Return the option `--device`, with what more it does in some commands."""
    return typer.Option(
        "--device",
        envvar="SRBENCH_DEVICE",
        metavar="cpu|cuda|auto",
        rich_help_panel=HARDWARE,
        help=f"Device to compute on; auto: CUDA if available{more}.",
    )


def _threads(more: str = "") -> Any:  # noqa: ANN401 - as typer.Option
    """Return the option `--threads`, with what more 0 means in some commands."""
    return typer.Option(
        "--threads",
        envvar="SRBENCH_THREADS",
        metavar="N",
        rich_help_panel=HARDWARE,
        help=f"CPU threads per process; 0: library default{more}.",
        parser=integer("--threads", 0),
    )


Device: TypeAlias = Annotated[str, _device(", and timing on both CPU and CUDA")]
ComputeDevice: TypeAlias = Annotated[str, _device()]
Jobs: TypeAlias = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        envvar="SRBENCH_JOBS",
        metavar="N",
        rich_help_panel=EXECUTION,
        help="Images scored in parallel; timing is always serial.",
        parser=integer("--jobs", 1),
    ),
]
Threads: TypeAlias = Annotated[int, _threads(", divided among --jobs (`srbench time`: one per core)")]
ComputeThreads: TypeAlias = Annotated[int, _threads()]
Timeout: TypeAlias = Annotated[
    float,
    typer.Option(
        "--timeout",
        envvar="SRBENCH_TIMEOUT",
        metavar="SECONDS",
        rich_help_panel=EXECUTION,
        help="Seconds per image; 0: no limit. Exceeding it kills the worker and counts as a timeout.",
        parser=seconds("--timeout"),
    ),
]
Memory: TypeAlias = Annotated[
    int,
    typer.Option(
        "--memory",
        envvar="SRBENCH_MEMORY",
        metavar="SIZE",
        rich_help_panel=EXECUTION,
        help="Memory per worker, such as 4GiB; 0: no limit. Exceeding it counts as a crash.",
        parser=_bytes,
    ),
]
TileMemory: TypeAlias = Annotated[
    int,
    typer.Option(
        "--memory",
        envvar="SRBENCH_UPSCALE_MEMORY",
        metavar="SIZE",
        rich_help_panel=EXECUTION,
        help="Memory to stay within, such as 4GiB: tiles are chosen by it, and an image that takes more is given up. "
        "Default: three quarters of what is free, and no limit.",
        parser=_bytes,
        show_default=False,
    ),
]
Retries: TypeAlias = Annotated[
    int,
    typer.Option(
        "--retries",
        envvar="SRBENCH_RETRIES",
        metavar="N",
        rich_help_panel=EXECUTION,
        help="Retries per image, in a fresh worker, after a crash or a timeout.",
        parser=integer("--retries", 0),
    ),
]
Plugins: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        envvar="SRBENCH_PLUGIN",
        metavar="FILE",
        rich_help_panel=INPUT,
        help="Python file that defines a method or a metric; may be repeated.",
    ),
]
AllowPickle: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--allow-pickle",
        envvar=ALLOWED,
        rich_help_panel=INPUT,
        callback=_allow_pickle,
        help="Accept .pt and .pth files: of pickles the tensors alone are read, and TorchScript is run.",
    ),
]


def factors_to(verb: str, envvar: str, default: str) -> Any:  # noqa: ANN401 - as typer.Option
    """Return the option of factors to look at; SRBENCH_FACTOR has a default for the commands that run."""
    return typer.Option(
        "--factor",
        "-f",
        metavar="N,...",
        envvar=envvar,
        rich_help_panel=INPUT,
        help=f"Factors to {verb}. Default: {default}.",
    )


def time_limit(envvar: str, of: str) -> Any:  # noqa: ANN401 - as typer.Option
    """Return the option of the seconds that something other than an image may take."""
    return typer.Option(
        "--timeout",
        metavar="SECONDS",
        envvar=envvar,
        rich_help_panel=EXECUTION,
        help=f"Seconds that {of} may take; 0: no limit.",
        parser=seconds("--timeout"),
    )


def some_of(what: str, short: str, command: str, metavar: str, says: str) -> Any:  # noqa: ANN401 - as typer.Option
    """Return the option that chooses some of what a run has; its variable is that of one command."""
    return typer.Option(
        f"--{what}",
        short,
        envvar=f"SRBENCH_{command}_{what}".upper(),
        metavar=metavar,
        rich_help_panel=INPUT,
        callback=one_list,
        help=says,
    )


def _new_in(default: str) -> Any:  # noqa: ANN401 - as typer.Option
    """Return the option of the folder that something new is written to."""
    return typer.Option(
        "--dir",
        "--out",
        envvar="SRBENCH_DIR",
        metavar="DIR",
        rich_help_panel=OUTPUT,
        help=f"Folder to write to; by default {default}.",
        show_default=False,
    )


NewIn: TypeAlias = Annotated[Path | None, _new_in("the current one")]
NewPackageIn: TypeAlias = Annotated[Path | None, _new_in("one of its name in the current one")]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--out",
        envvar="SRBENCH_OUT",
        metavar="DIR",
        rich_help_panel=OUTPUT,
        help="Run folder to write; by default a new one in ./results. A run there is continued and brought up to date.",
    ),
]
Baseline: TypeAlias = Annotated[
    str,
    typer.Option(
        "--baseline",
        envvar="SRBENCH_BASELINE",
        metavar="SPEC",
        rich_help_panel=OUTPUT,
        autocompletion=method_names,
        help="Method of the run, a label or spec, to compare the others with; default: that of the run folder, or "
        "bicubic, or the first.",
    ),
]
Reported: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--reported",
        envvar="SRBENCH_REPORTED",
        rich_help_panel=OUTPUT,
        help="Show beside the measured rows what papers report for the same dataset, factor, protocol and LR: SRCNN, "
        "VDSR, EDSR, RCAN, SwinIR, HAT and others. They are marked, and neither ranked nor tested.",
    ),
]
FrameBudget: TypeAlias = Annotated[
    str,
    typer.Option(
        "--budget",
        envvar="SRBENCH_BUDGET",
        metavar="TIME",
        rich_help_panel=COMPARISON,
        help="Time that an image may take, such as 33ms, 0.5s or 30fps. The report says which methods keep to it, "
        "how sure that is, and which of them is best.",
    ),
]
Scores: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--scores",
        envvar="SRBENCH_SCORES",
        metavar="RUN",
        rich_help_panel=COMPARISON,
        help="Run folder with scores of the methods that were timed: they stand beside the times, and decide which is "
        "best.",
    ),
]
Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="SRBENCH_DATA",
        metavar="DIR",
        rich_help_panel=INPUT,
        help="Folder in which datasets are looked for, and which they are downloaded to.",
    ),
]
Json: TypeAlias = Annotated[
    bool,
    typer.Option("--json", envvar="SRBENCH_JSON", rich_help_panel=OUTPUT, help="Print JSON instead of tables."),
]
