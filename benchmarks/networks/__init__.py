"""The networks whose training step is measured, each in a file, written in the words of `layers.py`."""

from networks import convnext, mobilenet_v1, mobilenet_v2

NETWORKS = {"mobilenet_v2": mobilenet_v2.layers, "mobilenet_v1": mobilenet_v1.layers, "convnext": convnext.layers}
EPS = {"batch_norm": 2e-5, "layer_norm": 1e-6}
