"""Networks by name. The command line takes these names; call the class for a network with fresh parameters."""

from collections.abc import Callable

from dwbridge.links import Chain
from dwbridge.models.digits_net import DigitsNet
from dwbridge.models.separable_block import SeparableBlock

NETWORKS: dict[str, Callable[[], Chain]] = {
    "digits": DigitsNet,
}

__all__ = ["NETWORKS", "DigitsNet", "SeparableBlock"]
