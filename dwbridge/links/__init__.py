"""Links: parameters and a forward computation. The tree (Link, Chain, ChainList, Sequential), then one layer a file."""

from dwbridge.links.batch_normalization import BatchNormalization
from dwbridge.links.chain import Chain
from dwbridge.links.chain_list import ChainList
from dwbridge.links.classifier import Classifier
from dwbridge.links.convolution_2d import Convolution2D
from dwbridge.links.depthwise_convolution_2d import DepthwiseConvolution2D
from dwbridge.links.device_resident import DeviceResident, DeviceResidentsVisitor
from dwbridge.links.layer_normalization import LayerNormalization
from dwbridge.links.linear import Linear
from dwbridge.links.link import Link
from dwbridge.links.link_hook import LinkHook
from dwbridge.links.sequential import Sequential
from dwbridge.links.swish import Swish

__all__ = [
    "BatchNormalization",
    "Chain",
    "ChainList",
    "Classifier",
    "Convolution2D",
    "DepthwiseConvolution2D",
    "DeviceResident",
    "DeviceResidentsVisitor",
    "LayerNormalization",
    "Linear",
    "Link",
    "LinkHook",
    "Sequential",
    "Swish",
]
