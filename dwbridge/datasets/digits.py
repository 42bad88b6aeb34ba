"""The handwritten digits that the package carries: 1797 images of 8x8 pixels, values 0 to 16, labels 0 to 9.

Source, authors and licence stand in `DIGITS_LICENSE.md` beside this file; `tests/golden/make_digits.py` made the
arrays. 360 examples, a fifth, are held out: they are the first 360 of one permutation that is fixed here once and for
all, so that no choice of a training seed can reach them.
"""

from importlib.resources import files
from typing import Any

import numpy as np

from dwbridge.configuration import get_dtype
from dwbridge.datasets.tuple_dataset import TupleDataset

HELD_OUT = 360
SPLIT_SEED = 0
MAX_PIXEL = 16


def get_digits(
    withlabel: bool = True, ndim: int = 3, scale: float = 1.0, dtype: Any = None, label_dtype: Any = np.int32
) -> tuple[Any, Any]:
    """The training part (1437 examples) and the held-out fifth (360 examples), the same in every run.

    Args:
        withlabel: examples are (image, label); otherwise the parts are arrays of images.
        ndim: an image is (1, 8, 8) for 3, (8, 8) for 2, (64,) for 1.
        scale: pixels lie between 0 and this.
        dtype: of the images; `config.dtype` for None, which is float32.
        label_dtype: of the labels.

    Returns:
        (train, test), `TupleDataset`s, or arrays without labels.

    Raises:
        ValueError: if `ndim` is not 1, 2 or 3.

    Example:
        >>> train, test = get_digits()
        >>> image, label = test[0]
        >>> len(train), len(test), image.shape, image.dtype.name, label.dtype.name
        (1437, 360, (1, 8, 8), 'float32', 'int32')
    """
    images, labels = _arrays()
    images = (images * (scale / MAX_PIXEL)).astype(get_dtype(dtype)).reshape(-1, *_image_shape(ndim))
    order = np.random.RandomState(SPLIT_SEED).permutation(len(images))
    train, test = order[HELD_OUT:], order[:HELD_OUT]
    if not withlabel:
        return images[train], images[test]
    labels = labels.astype(label_dtype)
    return TupleDataset(images[train], labels[train]), TupleDataset(images[test], labels[test])


def _arrays() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 8, 8) and labels (1797,), uint8, in the source's order."""
    with files("dwbridge.datasets").joinpath("digits.npz").open("rb") as file, np.load(file) as archive:
        return archive["images"], archive["labels"]


def _image_shape(ndim: int) -> tuple[int, ...]:
    shapes: dict[int, tuple[int, ...]] = {1: (64,), 2: (8, 8), 3: (1, 8, 8)}
    if ndim not in shapes:
        raise ValueError(f"get_digits: ndim must be 1, 2 or 3, got {ndim!r}")
    return shapes[ndim]
