"""The report of `training_step_cpu.py`: times, memory, what became of the aims, and where the time goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tables import heading, markdown_table, plain_table, said

HEADER = (
    "network",
    "threads",
    "dwbridge ms",
    "torch ms",
    "torch",
    "torch NHWC",
    "dwbridge MB",
    "torch MB",
    "own",
    "own torch",
    "others",
)
AIM = 1.3
#: Rows of a profile that count nothing that could be compared.
NOTES = ("step", "functions applied")


def report(result: dict[str, Any], markdown: bool = False) -> str:
    """Everything as text."""
    make = markdown_table if markdown else plain_table
    rows = result["rows"]
    lines = ["# A training step on the CPU", "", *heading(result), *explanation(result), ""]
    lines += [*make(HEADER, [cells(row) for row in rows]), "", "## Aims", "", *verdict(rows)]
    for row in rows:
        if "profile" in row:
            lines += ["", f"## Where the time goes: {row['network']}, {row['threads']} thread(s), ms a step", ""]
            lines += make(("operator", *row["profile"], "difference"), profile_rows(row["profile"]))
    return "\n".join(lines)


def explanation(result: dict[str, Any]) -> list[str]:
    """What the columns are."""
    return [
        f"- input {tuple(result['input'])}, float32, 1000 classes; softmax cross entropy, Adam (torch: fused)",
        "- torch, torch NHWC: how many times as long torch takes, in its default layout and in channels_last",
        "- others: cores that other programs used meanwhile; two threads mean little where it is not about 0",
        "- MB: the largest resident size in two steps; own: the same without what there was after imports",
    ]


def cells(row: dict[str, Any]) -> list[str]:
    """One line of the table."""
    seconds, ratios, memory = row["seconds"], row["times_dwbridge"], row["memory"]
    sizes = {name: (found["bytes"], found["bytes"] - found["at_rest"]) for name, found in memory.items()}
    ours, torch = sizes["dwbridge/step"], sizes.get("torch/step")
    return [
        row["network"],
        str(row["threads"]),
        f"{1e3 * seconds['dwbridge/step']:.1f}",
        *(f"{1e3 * seconds[name]:.1f}" if name in seconds else "" for name in ("torch/step",)),
        *(f"{ratios[name]:.2f}" if name in ratios else "" for name in ("torch/step", "torch/step/channels_last")),
        f"{ours[0] / 1e6:.0f}",
        f"{torch[0] / 1e6:.0f}" if torch else "",
        f"{ours[1] / 1e6:.0f}",
        f"{torch[1] / 1e6:.0f}" if torch else "",
        f"{row['neighbours']:.2f}",
    ]


def verdict(rows: Iterable[dict[str, Any]]) -> list[str]:
    """For each network: is a step no slower than torch's, is it faster by the aim, does it need no more memory?"""
    lines = []
    for row in rows:
        if "torch/step" not in row["times_dwbridge"]:
            continue
        factor, memory = row["times_dwbridge"]["torch/step"], row["memory"]
        more = memory["dwbridge/step"]["bytes"] > memory["torch/step"]["bytes"]
        lines.append(
            f"- {row['network']}, {row['threads']} thread(s): no slower than torch {said(factor >= 1)}, {AIM} times as "
            f"fast {said(factor >= AIM)} ({factor:.2f}); no more memory {said(not more)}"
        )
    return lines or ["- not measured: torch is absent"]


def profile_rows(profile: dict[str, dict[str, float]]) -> list[list[str]]:
    """A line for each kind of operator, the largest difference first; sums last."""
    kinds = {kind for found in profile.values() for kind in found}

    def lost(kind: str) -> float:
        return profile["dwbridge"].get(kind, 0.0) - profile.get("torch", {}).get(kind, 0.0)

    ordered = [*sorted(kinds - set(NOTES), key=lost, reverse=True), *(note for note in NOTES if note in kinds)]
    return [
        [kind, *(f"{found[kind]:.2f}" if kind in found else "" for found in profile.values()), f"{lost(kind):.2f}"]
        for kind in ordered
    ]
