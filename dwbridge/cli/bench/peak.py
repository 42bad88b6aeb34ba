"""The peak of this machine's float32 arithmetic: a loop of fused multiply-adds on vectors that stay in registers.

Sixteen (AVX-512) or twelve independent chains, enough to hide the latency of two units; compiled by llvmlite for this
processor. The loop reads and writes no memory.
"""

from __future__ import annotations

import ctypes
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

STEPS = 2_000_000


def peak_flops(threads: int = 1, repeats: int = 5) -> float | None:
    """Multiplications and additions in a second, on so many threads; None without llvmlite.

    The best of some runs: the peak is what the machine can, not what it does beside other programs.
    """
    try:
        chains, lanes, loop = _loop()
    except ImportError:
        return None
    best = min(_seconds(loop, threads) for _ in range(repeats))
    return threads * STEPS * chains * lanes * 2 / best


def _seconds(loop: Callable[[int], Any], threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(loop, [1000] * threads))  # the threads are there
        start = time.perf_counter()
        list(pool.map(loop, [STEPS] * threads))  # ctypes lets go of the interpreter lock
        return time.perf_counter() - start


@functools.cache
def _loop() -> tuple[int, int, Callable[[int], Any]]:
    """Chains, lanes of a vector, and the loop as a function of its number of steps."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    chains, lanes = (16, 16) if features.get("avx512f") else (12, 8)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=3
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_assembly(chains, lanes)), machine)
    engine.finalize_object()
    loop = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64)(engine.get_function_address("loop"))
    loop.engine = engine  # type: ignore[attr-defined]  # it owns the machine code
    return chains, lanes, loop


def _assembly(chains: int, lanes: int) -> str:
    """LLVM's assembly of the loop; a chain is a <- a * 0.999 + 0.001."""
    vector = f"<{lanes} x float>"
    factor, term = (
        "<" + ", ".join([f"float {bits}"] * lanes) + ">" for bits in ("0x3FEFF7CEE0000000", "0x3F50624DE0000000")
    )
    heads = [f"  %a{i} = phi {vector} [ zeroinitializer, %entry ], [ %n{i}, %body ]" for i in range(chains)]
    steps = [
        f"  %n{i} = call {vector} @llvm.fma.v{lanes}f32({vector} %a{i}, {vector} {factor}, {vector} {term})"
        for i in range(chains)
    ]
    sums = [f"  %s{i} = fadd {vector} %{f's{i - 1}' if i > 1 else 'n0'}, %n{i}" for i in range(1, chains)]
    return "\n".join(
        [
            f"declare {vector} @llvm.fma.v{lanes}f32({vector}, {vector}, {vector})",
            "define float @loop(i64 %steps) {",
            "entry:",
            "  br label %body",
            "body:",
            "  %k = phi i64 [ 0, %entry ], [ %next, %body ]",
            *heads,
            *steps,
            "  %next = add i64 %k, 1",
            "  %more = icmp slt i64 %next, %steps",
            "  br i1 %more, label %body, label %done",
            "done:",
            *sums,
            f"  %lane = extractelement {vector} %s{chains - 1}, i32 0",
            "  ret float %lane",
            "}",
        ]
    )
