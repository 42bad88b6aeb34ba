"""Whatever arrays an object has, under whatever names: each format gives back every byte, and a failed load nothing."""

import io
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dwbridge import serializers

FORMATS = ["npz", "hdf5", "safetensors"]
TYPES = ["?", "i1", "u2", "i4", "i8", "f2", "f4", "f8", ml_dtypes.bfloat16]
NAMES = st.text("abcWé_0", min_size=1, max_size=5)
ARRAYS = st.sampled_from(TYPES).flatmap(
    lambda dtype: arrays.arrays(
        "u1" if dtype == "?" else "i1",
        arrays.array_shapes(min_dims=0, min_side=0),
        elements=st.integers(0, 1 if dtype == "?" else 9),
    ).map(lambda a: a.astype(dtype))
)
VALUES = st.dictionaries(NAMES, st.none() | ARRAYS, min_size=1, max_size=4)
fixed = settings(derandomize=True, database=None, deadline=None, max_examples=60)


class Tree:
    """Arrays under names, and the same again in a child."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.loaded: dict[str, Any] = {}

    def serialize(self, serializer: Any) -> None:
        for place, target in (("", serializer), ("child/", serializer["child"])):
            for name, value in self.values.items():
                self.loaded[place + name] = target(name, value)


def save(form: str, obj: Any) -> io.BytesIO:
    file = io.BytesIO()
    getattr(serializers, f"save_{form}")(file, obj)
    file.seek(0)
    return file


@pytest.mark.parametrize("form", FORMATS)
@fixed
@given(values=VALUES.filter(lambda values: "child" not in values))
def test_every_byte_comes_back(form: str, values: dict[str, Any]) -> None:
    file = save(form, Tree(values))
    target = Tree({name: None if value is None else np.full_like(value, 1) for name, value in values.items()})
    getattr(serializers, f"load_{form}")(file, target)
    for key, loaded in target.loaded.items():
        value = values[key.removeprefix("child/")]
        if value is None:
            assert loaded is None
        else:
            assert (loaded.dtype, loaded.shape, loaded.tobytes()) == (value.dtype, value.shape, value.tobytes())


@pytest.mark.parametrize("form", FORMATS)
@fixed
@given(values=VALUES.filter(lambda values: "child" not in values))
def test_failed_load_changes_nothing(form: str, values: dict[str, Any]) -> None:
    file = save(form, {f"{place}{name}": value for place in ("", "child/") for name, value in values.items()})
    target = Tree({name: None if value is None else np.full_like(value, 1) for name, value in values.items()})
    before = {name: None if value is None else value.tobytes() for name, value in target.values.items()}
    target.values["zz missing"] = np.zeros(1)
    with pytest.raises(KeyError, match="zz missing is not a"):
        getattr(serializers, f"load_{form}")(file, target)
    del target.values["zz missing"]
    assert {name: None if value is None else value.tobytes() for name, value in target.values.items()} == before
