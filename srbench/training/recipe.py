"""Recipes: every choice that a training depends on, as TOML that can be read, and overridden key by key."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from srbench import toml
from srbench.errors import UsageError
from srbench.quality import protocols
from srbench.specs import comma_list, differences, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KINDS = {str: "text in quotes", int: "an integer", float: "a number"}

_LIMITS: tuple[tuple[tuple[str, ...], Callable[[float], bool], str], ...] = (
    (("patch", "batch", "epochs", "rate"), lambda value: value > 0, "more than 0"),
    (("expand", "final_rate", "warmup", "patience", "seed"), lambda value: value >= 0, "at least 0"),
    (("validation", "averaging"), lambda value: 0 <= value < 1, "at least 0 and less than 1"),
    (("soft", "tail"), lambda value: 0 <= value <= 1, "0 to 1"),
)

FOLDER = Path(__file__).parent / "recipes"

Loss: TypeAlias = Literal["mse", "l1"]
Weighting: TypeAlias = Literal["pixels", "psnr"]
Optimizer: TypeAlias = Literal["sgd", "adam", "soap"]
Schedule: TypeAlias = Literal["constant", "cosine", "exponential"]
Precision: TypeAlias = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides the weights, but for the method, the factor and the device."""

    data: str
    """Datasets, as a comma list of `name[:split]` or folders."""
    shares: tuple[float, ...] = ()
    """How much of the patches comes from each dataset of `data`, in proportion; empty: as `weighting` has it."""
    protocol: str = "srcnn"
    """What makes LR from HR; the network learns luma."""
    scales: tuple[str, ...] = ("1",)
    """Sizes at which each image is taken, as fractions of its own: `"2/3"`."""
    validation: float = 0.0
    """Share of the images that is held out to watch the training by."""
    patch: int = 32
    """Side of an LR patch. A network that pads nothing is compared with the middle of the patch."""
    batch: int = 16
    epochs: float = 100.0
    """How often the patches cover the pixels of the training images."""
    loss: Loss = "mse"
    weighting: Weighting = "pixels"
    """`pixels`: all count alike. `psnr`: every image counts alike, its errors by the inverse of bicubic's, so that the
    mean of PSNRs rises, which tables print, rather than the PSNR of the mean error."""
    optimizer: Optimizer = "adam"
    """`soap` is Adam in the eigenbasis of Shampoo's preconditioner (N. Vyas et al., 2024)."""
    rate: float = 1e-3
    """Learning rate at the start."""
    schedule: Schedule = "cosine"
    final_rate: float = 1e-5
    """Learning rate at the end; without effect under the schedule `constant`."""
    warmup: int = 0
    """Steps over which the learning rate rises from 0."""
    averaging: float = 0.0
    """Decay per step of the mean of the weights (EMA), which is what is kept; 0 keeps the last weights."""
    expand: int = 0
    """How many times as many channels each convolution has inside while it is trained, beside itself (over-
    parameterisation); all of that is folded into the network that is kept. 0: none."""
    precision: Precision = "float32"
    """`bfloat16` computes the convolutions in it; weights and their updates stay float32."""
    tail: float = 0.0
    """Share of the steps, the last ones, that compute in float32 whatever `precision` is."""
    soft: float = 1.0
    """How much of what is learned is the teacher's SR, and not HR; without effect where there is no teacher."""
    patience: int = 0
    """Validations without a better PSNR before the training stops early and keeps the best weights; 0: never."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            UsageError: a value that does not fit, an unknown protocol.

        """
        chosen = protocols.get(self.protocol)
        if chosen.given:
            raise UsageError(f"protocol is {self.protocol}, whose LR is given; training makes its own")
        if not chosen.has_hr:
            raise UsageError(f"protocol is {self.protocol}, which has no HR; training needs it")
        for name, hint in get_type_hints(type(self)).items():
            _check(name, getattr(self, name), hint)
        for names, fits, expected in _LIMITS:
            for name in names:
                if not fits(getattr(self, name)):
                    raise UsageError(f"recipe: {name} is {getattr(self, name)}, expected {expected}")
        if self.patience and not self.validation:
            raise UsageError("recipe: patience needs validation images; set validation to more than 0")
        shared = len(self.shares) == len(comma_list([self.data])) and min(self.shares) >= 0 < sum(self.shares)
        if self.shares and not shared:
            raise UsageError(
                f"recipe: shares is {list(self.shares)}, expected one for each of {self.data}, of at least 0, not all 0"
            )
        for text in self.scales:
            _scale(text)

    @property
    def fractions(self) -> list[Fraction]:
        """Return `scales` as numbers."""
        return [_scale(text) for text in self.scales]

    def differences(self, other: Recipe) -> list[str]:
        """Return one `key: theirs, not mine` per key that differs."""
        return differences(asdict(self), asdict(other))


def names() -> list[str]:
    """Return the recipes that come with srbench."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(name: str) -> str:
    """Return the TOML of a recipe: one of `names()`, or the path of a file.

    Raises:
        UsageError: there is none, or it is no text of a recipe's size.

    """
    path = FOLDER / f"{name}.toml" if name in names() else Path(name)
    if path.exists() and not path.is_file():
        raise UsageError(f"recipe {name} is a folder or a special file; expected a text file, or {', '.join(names())}")
    if not path.is_file() and path.suffix == ".toml":
        raise UsageError(f"recipe file {name} does not exist; check its path, or take one of {', '.join(names())}")
    if not path.is_file():
        raise unknown("recipe", name, [*names(), "or the path of a .toml file"])
    try:
        return toml.read(path)
    except ValueError as error:
        raise UsageError(f"recipe {name}: {error}; fix it, or take one of {', '.join(names())}") from error


def load(name: str, method: str, overrides: Mapping[str, Any]) -> tuple[Recipe, dict[str, Any]]:
    """Return a recipe, and the options that it gives `method`.

    Args:
        name: one of `names()`, or the path of a TOML file.
        method: the method's name; a recipe may hold options for several, each below `[options.NAME]`.
        overrides: keys of the recipe that are to have other values; text is read as TOML where it can be.

    Raises:
        UsageError: no such recipe, no such key, or a value that does not fit; the line says what there is.

    """
    try:
        values = toml.parse(read(name))
    except ValueError as error:
        raise UsageError(f"recipe {name}: {error}") from error
    options = values.pop("options", {})
    own = options.get(method, {}) if isinstance(options, dict) else options
    if not isinstance(own, dict):
        raise UsageError(f"recipe {name}: options is {options!r}, expected tables [options.METHOD]")
    if "data" in overrides:
        values.pop("shares", None)  # they were those of other datasets
    return build({**values, **{key: _parsed(value) for key, value in overrides.items()}}), own


def build(values: Mapping[str, Any]) -> Recipe:
    """Return the recipe with these values, as TOML or JSON gives them.

    Raises:
        UsageError: an unknown key, or a value that does not fit.

    """
    known = {field.name: field for field in fields(Recipe)}
    for key in values:
        if key not in known:
            raise unknown("recipe key", key, known)
    if "data" not in values:
        raise UsageError('recipe: data is missing; name the training datasets, such as data = "t91"')
    hints = get_type_hints(Recipe)
    return Recipe(**{key: _plain(value, hints[key]) for key, value in values.items()})


def _plain(value: Any, hint: Any) -> Any:  # noqa: ANN401 - TOML, and a type
    """Return a list as a tuple, and an integer as a float where one is expected."""
    if isinstance(value, list | tuple):
        return tuple(_plain(each, (get_args(hint) or (None,))[0]) for each in value)
    return float(value) if hint is float and type(value) is int else value


def _parsed(value: Any) -> Any:  # noqa: ANN401 - TOML
    if not isinstance(value, str):
        return value
    try:
        return toml.parse(f"value = {value}")["value"]
    except ValueError:
        return value  # bare text, such as adam or t91,bsds500:train


def _check(name: str, value: Any, hint: Any) -> None:  # noqa: ANN401 - TOML, and a type
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise unknown(f"value of recipe key {name}:", str(value), get_args(hint))
    elif get_origin(hint) is tuple:
        if not isinstance(value, tuple):
            raise UsageError(f"recipe: {name} is {value!r}, expected a list")
        for each in value:
            _check(name, each, get_args(hint)[0])
    elif not isinstance(value, hint) or isinstance(value, bool):
        raise UsageError(f"recipe: {name} is {value!r}, expected {_KINDS[hint]}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"recipe: {name} is {value}, expected a finite number")


def _scale(text: str) -> Fraction:
    try:
        scale = Fraction(text)
    except (ValueError, ZeroDivisionError):
        scale = Fraction(0)
    if not 0 < scale <= 1:
        raise UsageError(f'recipe: a scale is {text!r}, expected a fraction of at most 1, such as "2/3"')
    return scale
