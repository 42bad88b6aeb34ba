"""Loading from arrays under names, whatever file they lie in: what is skipped, what fits, what a failure takes back.

An archive is a mapping of full keys to arrays; None is a 0-d array of objects that holds None. One that has a method
`header(key)`, giving an object with `shape` and `dtype`, is asked for it before an array is read.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from dwbridge.backend import copyto, is_array
from dwbridge.serializers.serializer import Deserializer

Ignored: TypeAlias = str | Callable[[str], bool]


class ArchiveDeserializer(Deserializer):
    """Loads from a mapping of arrays. `load` changes nothing if it fails: what was written so far is taken back.

    Args:
        archive: the arrays by their full keys.
        path: what every key starts with; it ends in a slash.
        strict: a missing key is an error; otherwise the value is kept.
        ignore_names: full keys to skip, as strings or predicates, one or a list.

    Raises:
        KeyError: if a key is missing and `strict`.
        ValueError: if a saved array has another shape; an `ArchiveError` if the file is broken.
        TypeError: if a saved number does not fit the type of the scalar that it is loaded into.

    Example:
        >>> W = np.zeros(2)
        >>> loader = ArchiveDeserializer({'conv/W': np.ones(2)})
        >>> loader['conv']('W', W)
        array([1., 1.])
    """

    def __init__(
        self,
        archive: Mapping[str, np.ndarray],
        path: str = "",
        strict: bool = True,
        ignore_names: Ignored | Sequence[Ignored] | None = None,
    ) -> None:
        self.archive = archive
        self.path = path
        self.strict = strict
        self.ignore_names = ignore_names
        self._undo: list[Callable[[], Any]] = []

    def __getitem__(self, key: str) -> "ArchiveDeserializer":
        child = type(self).__new__(type(self))
        vars(child).update(vars(self), path=f"{self.path}{key.strip('/')}/")  # the list of what to undo is shared
        return child

    def load(self, obj: Any) -> None:
        """Loads into an object, or, if that fails, leaves its arrays, persistents and parameters as they were."""
        self._undo.clear()
        try:
            obj.serialize(self)
        except BaseException:
            while self._undo:
                self._undo.pop()()
            raise
        self._undo.clear()

    def on_failure(self, undo: Callable[[], Any]) -> None:
        """Notes how to take back a change; `load` calls these in reverse if it fails."""
        self._undo.append(undo)

    def __call__(self, key: str, value: Any) -> Any:
        key = self.path + key.lstrip("/")
        if (not self.strict and key not in self.archive) or self._is_ignored(key):
            return value
        if is_array(value):
            return self._into_array(key, value)
        saved = self.archive[key]
        if is_none(saved):
            return None
        return saved if value is None else _as_type_of(value, saved, key)

    def _is_ignored(self, key: str) -> bool:
        names = self.ignore_names
        if names is None:
            return False
        return any(_matches(name, key) for name in (names if isinstance(names, list | tuple) else [names]))

    def _into_array(self, key: str, value: Any) -> Any:
        header = self.archive.header(key) if hasattr(self.archive, "header") else None
        if header is not None and not header.dtype.hasobject:
            _check_shape(key, header.shape, value.shape)  # before the array is read
        saved = self.archive[key]
        if is_none(saved):
            return None
        _check_shape(key, saved.shape, value.shape)
        before = value.copy()
        self.on_failure(lambda: copyto(value, before))
        copyto(value, _typed_like(value, saved))
        return value


def is_none(saved: np.ndarray) -> bool:
    """Whether an array stands for None."""
    return saved.dtype.hasobject and saved.shape == () and saved.item() is None


def _matches(name: Any, key: str) -> bool:
    if isinstance(name, str):
        return name == key
    if callable(name):
        return bool(name(key))
    raise ValueError(f"ignore_names needs to be a callable, string or list of them, got {type(name).__name__}")


def _check_shape(key: str, saved: tuple[int, ...], shape: tuple[int, ...]) -> None:
    # NumPy broadcasts on assignment, and so does Chainer when it loads.
    try:
        fits = np.broadcast_shapes(saved, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{key}: expected an array of shape {shape}, the file has one of shape {saved}")


def _typed_like(value: Any, saved: np.ndarray) -> np.ndarray:
    # The npy format has no name for bfloat16 and writes it as two raw bytes.
    raw = saved.dtype.kind == "V" and saved.dtype.itemsize == value.dtype.itemsize
    return saved.view(value.dtype) if raw and value.dtype.name == "bfloat16" else saved


def _as_type_of(value: Any, saved: np.ndarray, key: str) -> Any:
    """The saved value as a new one of the old value's type, if that loses nothing."""
    wanted = type(value)
    exact = np.issubdtype(saved.dtype, np.integer) and wanted is int  # Python's integers hold any
    if np.issubdtype(saved.dtype, np.number) and not exact and not np.can_cast(saved.dtype, wanted, casting="safe"):
        raise TypeError(
            f"{key}: Cannot safely deserialize from numpy array with dtype={saved.dtype} "
            f"into a variable of type {wanted}."
        )
    return wanted(saved)
