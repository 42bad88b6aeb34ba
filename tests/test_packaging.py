"""The wheel: it holds every file, and runs the main job from where nothing else of the project is."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = {"dwbridge": "dwbridge", "exporters": "dwbridge/exporters", "models": "dwbridge/models"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, without network and without a trace in the tree."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in SOURCES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    subprocess.run([*command, "-w", str(out), str(tree)], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def test_every_file_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    for folder, place in SOURCES.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{place}/{path.relative_to(ROOT / folder).as_posix()}" in packed
    assert not any(name.startswith(("tests/", "exporters/", "models/", "benchmarks/")) for name in packed)
    assert any(name.endswith("licenses/LICENSE") for name in packed)


def test_every_package_is_listed() -> None:
    found = set()
    for folder, place in SOURCES.items():
        for path in (ROOT / folder).rglob("__init__.py"):
            found.add(f"{place}/{path.parent.relative_to(ROOT / folder).as_posix()}".rstrip("/.").replace("/", "."))
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


def test_the_main_job_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # -S: without the .pth files through which an editable install would be found; the dependencies come by path.
    paths = [str(site), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    code = (
        f"import sys; sys.path[1:1] = {paths}\n"
        "from dwbridge.cli.main import main\n"
        f"import dwbridge.exporters; assert dwbridge.exporters.__file__.startswith({str(site)!r})\n"
        "sys.exit(main(['demo', '--out', 'out']))"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    run = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"digits.npz", "digits.onnx", "report.html", "report.json"}


def test_extras_that_exclude_one_another() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    for name, requirements in extras.items():
        packages = {requirement.split("[")[0].split(">")[0] for requirement in requirements}
        assert not {"onnxruntime", "onnxruntime-gpu"} <= packages, name
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["dwbridge"]
