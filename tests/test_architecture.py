"""The house: who may import whom, what `import dwbridge` may load, and that the rooms are complete."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: From the ground up. Rooms on one level do not import each other; nothing imports upward.
LEVELS = (
    ("configuration", "geometry", "version"),
    ("backend",),
    ("initializers", "serializers"),
    ("kernels",),
    ("autograd",),
    ("functions", "function_hooks", "gradient_check"),
    ("reporter",),
    ("links",),
    ("optimizers",),
    ("datasets", "training"),
    ("models",),
    ("exporters",),
    ("compat", "cli"),
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

#: What no module of the framework below `cli` imports, and where the others may be imported, and then only when needed.
BRIDGE_ONLY = {"onnx", "onnxruntime"}
LATE = {"cupy", "numba", "onnxruntime", "h5py", "safetensors"}

#: Nothing but the seam imports these modules, and only when a kernel is wanted: they may import Numba at their top.
COMPILED = ROOT / "dwbridge" / "kernels" / "compiled"

SOURCES = sorted(path for folder in ("dwbridge", "exporters", "models") for path in (ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "dwbridge" else ("dwbridge", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports_of(path: Path) -> Iterator[tuple[str, int, bool]]:
    """(module, line, whether it is imported when the file is) of every import that runs."""
    tree = ast.parse(path.read_text())
    inside: set[int] = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inside.update(id(node) for node in ast.walk(function))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            inside.update(id(child) for child in ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) not in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            for alias in node.names:
                # `from dwbridge import functions` names a room, `from dwbridge.autograd import Variable` a name in one
                whole = node.module == "dwbridge"
                yield f"{node.module}.{alias.name}" if whole else str(node.module), node.lineno, id(node) not in inside


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_upward(path: Path) -> None:
    here = room_of(module_of(path))
    if path == ROOT / "dwbridge" / "__init__.py":
        return  # the public face stands outside the order
    assert here in LEVEL, f"{path}: room {here!r} has no level; give it one"
    for module, line, _ in imports_of(path):
        if module.split(".")[0] != "dwbridge":
            continue
        there = room_of(module)
        assert there in LEVEL, f"{path}:{line}: rooms take no names from dwbridge/__init__.py ({module})"
        assert there == here or LEVEL[there] < LEVEL[here], f"{path}:{line}: {here} must not import {there}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_heavy_is_imported_late_and_in_its_place(path: Path) -> None:
    here = room_of(module_of(path))
    for module, line, at_import in imports_of(path):
        top = module.split(".")[0]
        if top in BRIDGE_ONLY:
            assert here in ("exporters", "cli"), f"{path}:{line}: {here} must not import {top}"
        if top in LATE and not (top == "numba" and COMPILED in path.parents):
            assert not at_import, f"{path}:{line}: {top} is imported where it is used, when it is used"
        assert top not in ("exporters", "models"), f"{path}:{line}: import dwbridge.{top}"


def test_import_dwbridge_is_light() -> None:
    heavy = ["cupy", "numba", "onnx", "onnxruntime", "h5py", "safetensors", "click", "rich", "jinja2"]
    command = f"import sys, dwbridge; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert run.stdout.strip() == "[]", run.stderr


def test_rooms_that_stand_at_the_top_are_one_with_their_place_inside() -> None:
    import dwbridge.exporters
    import dwbridge.models

    assert Path(dwbridge.exporters.__file__) == ROOT / "exporters" / "__init__.py"
    assert Path(dwbridge.models.__file__) == ROOT / "models" / "__init__.py"
    assert "exporters" not in sys.modules
    assert "models" not in sys.modules


def test_every_name_of_the_public_face_is_there() -> None:
    import dwbridge

    for name in (*dwbridge.__all__, *dir(dwbridge)):
        assert getattr(dwbridge, name) is not None
    with pytest.raises(AttributeError, match="module 'dwbridge' has no attribute 'nothing'"):
        dwbridge.nothing  # noqa: B018


def test_every_function_has_a_file_of_cases_and_an_oracle() -> None:
    from cases import operators

    from dwbridge import functions

    aliases = {"average": "mean", "relu6": "clipped_relu"}
    # They take or give several arrays: test_concat_and_split_axis.py stands for their cases.
    apart = {"concat", "split_axis"}
    assert {aliases.get(name, name) for name in functions.__all__} - apart == set(operators())
    assert set(operators()) == {path.stem for path in (ROOT / "tests" / "oracles").glob("[a-z]*.py")}


def test_every_operator_of_the_bridge_has_one_file() -> None:
    from dwbridge.exporters.ops import TRANSLATIONS

    for translation in TRANSLATIONS:
        if translation.function is not None:
            operator = translation.function.__module__.rpartition(".")[2]
            assert translation.write is not None
            assert translation.write.__module__ == f"dwbridge.exporters.ops.{operator}"


def test_no_room_has_a_name_that_says_nothing() -> None:
    for path in SOURCES:
        assert path.stem not in ("utils", "helpers", "common", "base", "misc", "manager"), path
