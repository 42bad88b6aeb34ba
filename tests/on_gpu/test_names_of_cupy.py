"""What the simulated GPU offers is CuPy's: every name, with the same parameters. It needs CuPy, and no GPU."""

import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulated_gpu import names

cupy = pytest.importorskip("cupy")


def parameters(function: Any) -> str:
    """The parameters of a function as `names` writes them: of compiled methods, from their documentation."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        line = function.__doc__.splitlines()[0]
        return line[line.index("(") + 1 : line.rindex(")")].partition("self")[2].lstrip(", ")
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))[1:-1]


TABLES: list[tuple[str, dict[str, str]]] = [
    ("cupy", names.FUNCTIONS),
    ("cupy.random", names.RANDOM),
    ("cupy.linalg", names.LINALG),
]


@pytest.mark.parametrize(("module", "table"), TABLES, ids=[module for module, _ in TABLES])
def test_functions(module: str, table: dict[str, str]) -> None:
    owner = importlib.import_module(module)
    assert {name: parameters(getattr(owner, name)) for name in table} == table


def test_functions_of_every_element() -> None:
    assert [name for name in names.UFUNCS if not isinstance(getattr(cupy, name, None), cupy.ufunc)] == []


def test_types_and_constants() -> None:
    assert [name for name in names.SAME if not hasattr(cupy, name)] == []


def test_methods_and_attributes_of_arrays() -> None:
    untyped: Callable[[str], str] = lambda text: text.replace("Py_ssize_t ", "").replace("_ndarray_base ", "")  # noqa: E731
    found = {name: untyped(parameters(getattr(cupy.ndarray, name))) for name in names.METHODS}
    assert found == names.METHODS
    assert [name for name in names.ATTRIBUTES if not hasattr(cupy.ndarray, name)] == []


def test_special_functions() -> None:
    special = importlib.import_module("cupyx.scipy.special")
    assert [name for name in names.SPECIAL if not hasattr(special, name)] == []


def test_functions_of_cublas() -> None:
    """Read where they are documented: a machine without a GPU has no cuBLAS to import them with."""
    where = importlib.util.find_spec("cupy_backends.cuda.libs")
    assert where is not None and where.submodule_search_locations
    [library] = Path(where.submodule_search_locations[0]).glob("cublas.*")
    for name, expected in names.CUBLAS.items():
        found = re.search(rf"\b{name}\(([^)]*)\)".encode(), library.read_bytes())
        assert found is not None
        assert re.sub(r"(intptr_t|int|size_t|long long) ", "", found[1].decode()) == expected


def test_what_of_cuda_is_used() -> None:
    for path in (
        "cuda.Device.compute_capability",
        "cuda.Device.mem_info",
        "cuda.Event",
        "cuda.Stream",
        "cuda.compiler.CompileException",
        "cuda.get_cublas_handle",
        "cuda.get_current_stream",
        "cuda.get_elapsed_time",
        "cuda.nvrtc.getVersion",
        "cuda.runtime.CUDARuntimeError",
        "cuda.runtime.driverGetVersion",
        "cuda.runtime.getDeviceCount",
        "cuda.runtime.getDeviceProperties",
        "cuda.runtime.runtimeGetVersion",
        "get_default_memory_pool",
        "RawModule",
    ):
        owner = cupy
        for name in path.split("."):
            owner = getattr(owner, name)
