"""Which methods have a network of luma that training code can build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.errors import UsageError
from srbench.takes import Takes

if TYPE_CHECKING:
    from srbench.methods import Choice
    from srbench.networks.trained import Network


def network_of(choice: Choice) -> Network:
    """Return what builds the network of a method.

    Raises:
        UsageError: it offers none, or one that takes something else than luma in 0..1.

    """
    name, module = choice.method.name, choice.method.module()
    network: Network | None = getattr(module, "network", None)
    if network is None:
        raise UsageError(f"{name} offers no network to train; docs/training.md shows how a method does")
    takes = getattr(module.load, "takes", None)
    if isinstance(takes, Takes) and takes != Takes("y"):
        raise UsageError(f"{name} takes {takes.words}; srbench train trains networks of {Takes('y').words}")
    return network
