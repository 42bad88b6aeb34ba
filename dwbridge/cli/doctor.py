"""`dwbridge doctor`: what is installed, what really runs here, and the one line that mends what does not."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shlex
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

#: runtime -> the extra that brings it, and which of the extra's packages it needs
EXTRAS = {
    "onnxruntime-cpu": ("cpu", "onnxruntime"),
    "onnxruntime-cuda": ("cuda13", "onnxruntime-gpu"),
    "onnxruntime-cuda-tf32": ("cuda13", "onnxruntime-gpu"),
    "native-cuda": ("cuda13", "cupy"),
    "native-cuda, CUDA 12": ("cuda12", "cupy"),
}


@click.command()
def doctor() -> None:
    """Say what is installed, which runtimes really run here, and how to mend those that do not."""
    from dwbridge.cli.tables import show

    show(_versions())
    show(_gpu())
    show(_runtimes())
    for warning in warnings(installed()):
        click.echo(f"warning: {warning}")


def installed() -> dict[str, str | None]:
    """Version of every package that matters; None where it is not installed."""
    from dwbridge.exporters.verification.environment import PACKAGES, environment

    found = environment()
    return {package: found.get(package) for package in PACKAGES}


def warnings(versions: dict[str, str | None]) -> list[str]:
    """What is wrong with a set of packages as a whole."""
    if versions.get("dwbridge", "") is None:
        return ["dwbridge is not installed, and runs from its sources: what brings a runtime is not known"]
    if versions.get("onnxruntime") and versions.get("onnxruntime-gpu"):
        return [
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other's files: "
            "pip uninstall -y onnxruntime onnxruntime-gpu, then install one of them"
        ]
    return []


def mend(runtime: str, versions: dict[str, str | None]) -> str:
    """The command that brings a runtime, from the extras of the installed package; empty if there is none."""
    extra, package = EXTRAS.get(runtime, ("", ""))
    if package == "cupy" and any(versions.get(f"cupy-{name}x") for name in ("cuda13", "cuda12")):
        return ""  # it is there: what is wrong is said with the GPU
    requirements = [line for line in requirements_of(extra) if line.startswith(package)] if extra else []
    if not requirements:
        return ""
    # Both wheels write the same files: the one for the CPU has to go before the one for GPUs comes.
    replaces = package == "onnxruntime-gpu" and versions.get("onnxruntime")
    uninstall = "pip uninstall -y onnxruntime && " if replaces else ""
    return f"{uninstall}pip install {shlex.join(requirements)}"


def requirements_of(extra: str) -> list[str]:
    """What an extra of dwbridge installs, as pip takes it; nothing is known where dwbridge is not installed."""
    try:
        lines = importlib.metadata.requires("dwbridge") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    matches = (re.fullmatch(r"([^;]+?)\s*;\s*extra == ['\"]([\w-]+)['\"]", line) for line in lines)
    return [match[1] for match in matches if match and match[2] == extra]


def _versions() -> Table:
    from dwbridge.cli.tables import table

    rows = table("package", "version")
    rows.add_row("python", platform.python_version())
    for package, version in installed().items():
        rows.add_row(package, version or "not installed")
    return rows


def _gpu() -> Table:
    from dwbridge.cli.gpu_findings import findings
    from dwbridge.cli.tables import table

    rows = table("gpu", "found", "mend")
    for finding in findings(mend("native-cuda", {}), mend("native-cuda, CUDA 12", {})):
        rows.add_row(*finding)
    return rows


def _runtimes() -> Table:
    from dwbridge.cli.tables import table
    from dwbridge.exporters.runtimes import RUNTIMES

    rows = table("runtime", "runs here", "why not", "mend")
    versions = installed()
    for name, runtime in RUNTIMES.items():
        reason = runtime.missing()
        rows.add_row(name, "no" if reason else "yes", reason or "", mend(name, versions) if reason else "")
    return rows
