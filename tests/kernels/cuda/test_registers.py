"""Every kernel compiles for every chip, without a GPU: none spills, none grows, and what is to be a pack is one."""

from pathlib import Path

import pytest

pytest.importorskip("cuda.bindings.nvrtc", reason="NVRTC is not installed")

from instances import depthwise, has_instructions
from nvrtc import chips, chips_under_test, compiled
from registers import TABLE, expected, found

from dwbridge.kernels.cuda.sources import TYPES, Instance

#: Registers that another version of the compiler may take more: they come in eights.
LEEWAY = 8

#: PTX's names of accesses to 16 bytes
PACKS = {"v4.f32", "v4.u32", "v4.b32", "v2.f64", "v2.u64", "v2.b64"}


@pytest.fixture(scope="session")
def answers(compiled_sources: Path) -> Path:
    """Where NVRTC's answers are kept."""
    folder = compiled_sources / "nvrtc"
    folder.mkdir(exist_ok=True)
    return folder


def test_registers(answers: Path) -> None:
    """Where a kernel needs more for a reason, `python tests/kernels/cuda/registers.py` writes the table anew.

    The newest chip that NVRTC knows is compiled for as well, and is not in the table of an NVRTC that did not know it.
    """
    before, now = expected(), found(answers)
    assert len(before) == len(TABLE.read_text().splitlines())
    assert set(before) == set(now)
    needs = [(kernel, chip, need) for kernel, chips in now.items() for chip, need in chips.items()]
    assert [(kernel, chip) for kernel, chip, need in needs if need.spilled] == []
    grown = [
        f"{kernel} on sm_{chip}: {before[kernel][chip]} before, {need.registers} now"
        for kernel, chip, need in needs
        if need.registers > before[kernel].get(chip, 255) + LEEWAY
    ]
    assert grown == []


def test_the_chips() -> None:
    assert {75, 80, 90} < set(chips_under_test()) <= set(chips())
    assert max(chips()) in chips_under_test()


def has_packs(instance: Instance) -> bool:
    """Whether the plan promises that maps are loaded 16 bytes at once."""
    defines = dict(instance.defines)
    return instance.source.startswith("rows") and defines.get("PART") == pack(instance)


def pack(instance: Instance) -> str:
    [dtype] = (name for name, defines in TYPES.items() if set(defines) <= set(instance.defines))
    return {"float32": "4", "float64": "2"}.get(dtype, "8")


def test_maps_are_loaded_and_stored_in_packs(answers: Path) -> None:
    """All else that is loaded are taps and the bias; `rows_weight` loads none, and stores sums."""
    promised = [instance for instance in depthwise() if has_packs(instance)]
    assert {instance.source for instance in promised} == {"rows", "rows_data", "rows_weight"}
    for instance in promised:
        accesses = compiled(instance, 90, answers).accesses
        wide = {kind[:2] for kind in accesses if kind.partition("v")[1] and "v" + kind.rpartition(".v")[2] in PACKS}
        narrow = sum(count for kind, count in accesses.items() if kind.startswith("ld") and ".v" not in kind)
        if instance.source == "rows_weight":
            assert (wide, narrow) == ({"ld"}, 0), (instance, accesses)
        else:
            assert wide == {"ld", "st"}, (instance, accesses)
            assert narrow <= int(dict(instance.defines)["K"]) ** 2 + 1, (instance, accesses)
            assert all(".v" in kind for kind in accesses if kind.startswith("st")), (instance, accesses)


def test_frames_are_copied_past_the_registers(answers: Path) -> None:
    """By cp.async, of 16 bytes where rows are made of them; before sm_80 there is none, and for single elements.

    All else that `tensor_rows` loads are taps, the bias and, where sums are not finite, pixels. A lane of it stores up
    to four outputs beside each other: 8 bytes.
    """
    promised = [instance for instance in depthwise() if instance.source in ("tensor_rows", "tensor_weight")]
    for source in ("tensor_rows", "tensor_weight"):
        found = {dict(instance.defines)["PART"] for instance in promised if instance.source == source}
        assert found == {"1", "2", "4", "8"}
    for instance in promised:
        defines, is_weight = dict(instance.defines), instance.source == "tensor_weight"
        parts = {defines["PART"], *([defines["OUT_PART"]] if is_weight else [])}
        accesses = compiled(instance, 90, answers).accesses
        kinds = {kind.split(".")[2] for kind in accesses if kind.startswith("cp")}
        assert kinds == {"cg" if part == "8" else "ca" for part in parts - {"1"}}, (instance, accesses)
        if has_instructions(instance, 75):
            assert not any(kind.startswith("cp") for kind in compiled(instance, 75, answers).accesses)
        if is_weight:
            assert ("1" in parts) == any(kind.startswith("ld") for kind in accesses), (instance, accesses)
        else:
            stored = {kind for kind in accesses if kind.startswith("st")}
            wide = {"2": {"st.global.u32"}, "4": {"st.global.v2.u32"}}.get(defines["OUT_PART"], set())
            # What is computed once more is stored by elements; the last eight of a row may end in the middle.
            assert {"st.global.u16"} | wide <= stored, (instance, accesses)
            assert stored <= {"st.global.u16", "st.global.u32"} | wide, (instance, accesses)


def test_small_maps_are_copied_past_the_registers_as_they_lie(answers: Path) -> None:
    """16 bytes at a time, whatever their size, and stored so; sums are floats."""
    promised = [instance for instance in depthwise() if instance.source.startswith("tensor_maps")]
    assert {instance.source for instance in promised} == {"tensor_maps", "tensor_maps_weight"}
    for instance in promised:
        accesses = compiled(instance, 90, answers).accesses
        assert {kind for kind in accesses if kind.startswith("cp")} == {"cp.async.cg.shared.global"}
        stored = "st.global.f32" if instance.source == "tensor_maps_weight" else "st.global.v4.u32"
        assert {kind for kind in accesses if kind.startswith("st")} == {stored}
        if has_instructions(instance, 75):
            assert not any(kind.startswith("cp") for kind in compiled(instance, 75, answers).accesses)
