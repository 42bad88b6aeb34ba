"""Data sets: sequences of examples, and the real images that the package carries."""

from dwbridge.datasets.dataset_mixin import DatasetMixin
from dwbridge.datasets.digits import get_digits
from dwbridge.datasets.sub_dataset import SubDataset, split_dataset, split_dataset_random
from dwbridge.datasets.tuple_dataset import TupleDataset

__all__ = [
    "DatasetMixin",
    "SubDataset",
    "TupleDataset",
    "get_digits",
    "split_dataset",
    "split_dataset_random",
]
