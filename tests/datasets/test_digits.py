"""The embedded digits: what is in the file, and a split that no seed moves."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import dwbridge
from dwbridge.datasets import get_digits
from dwbridge.datasets.digits import _arrays


def test_the_file_holds_the_sources_values() -> None:
    images, labels = _arrays()
    assert (images.shape, images.dtype, int(images.min()), int(images.max())) == ((1797, 8, 8), np.uint8, 0, 16)
    # How often each digit stands in the UCI file's description (optdigits.names, class distribution of the test part).
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    assert digest == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def test_the_file_is_small() -> None:
    path = Path(dwbridge.__file__).parent / "datasets" / "digits.npz"
    assert path.stat().st_size < 48_000


def test_attribution_travels_with_the_file() -> None:
    text = (Path(dwbridge.__file__).parent / "datasets" / "DIGITS_LICENSE.md").read_text()
    for fact in ("Alpaydin", "Kaynak", "CC BY 4.0", "Changes made"):
        assert fact in text


def test_the_parts_cover_the_data_once() -> None:
    train, test = get_digits(withlabel=False)
    both = np.concatenate([train, test]).reshape(-1, 64)
    images, _ = _arrays()
    expected = images.reshape(-1, 64) / np.float32(16)
    assert len(test) == 360
    np.testing.assert_array_equal(
        np.sort(both.view("V256").ravel()), np.sort(expected.astype("f").view("V256").ravel())
    )


def test_every_digit_is_held_out_often_enough() -> None:
    _, test = get_digits()
    assert min(np.bincount([label for _, label in test[:]])) >= 25


def test_the_split_neither_reads_nor_moves_the_users_random_state() -> None:
    parts = []
    for seed in (0, 1):
        np.random.seed(seed)
        before = np.random.get_state()[1].copy()
        parts.append(get_digits(withlabel=False)[1])
        np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.testing.assert_array_equal(*parts)


@pytest.mark.parametrize(("ndim", "shape"), [(1, (64,)), (2, (8, 8)), (3, (1, 8, 8))])
def test_shapes_and_types(ndim: int, shape: tuple[int, ...]) -> None:
    train, _ = get_digits(ndim=ndim, scale=16, dtype=np.float64, label_dtype=np.int64)
    image, label = train[0]
    assert (image.shape, image.dtype, label.dtype) == (shape, np.float64, np.int64)
    assert np.array_equal(image, np.round(image))
    assert image.max() <= 16


def test_default_type_follows_the_configuration() -> None:
    with dwbridge.configuration.using_config("dtype", np.dtype(np.float16)):
        assert get_digits(withlabel=False)[0].dtype == np.float16


def test_no_such_ndim() -> None:
    with pytest.raises(ValueError, match="ndim must be 1, 2 or 3, got 4"):
        get_digits(ndim=4)
