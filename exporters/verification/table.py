"""The verification as text: one line for each runtime, then the verdict."""

from dwbridge.exporters.verification.results import Measurement, NodeError, RuntimeResult, Verification

HEAD = ("runtime", "verdict", "whole network", "worst node")


def table(verification: Verification) -> str:
    """The verification as a table of plain text; what `print(verification)` shows."""
    rows = [HEAD, *(_row(runtime) for runtime in verification.runtimes)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*map(str.ljust, row, widths), *row[3:]]).rstrip() for row in rows]
    return "\n".join([headline(verification), "", *lines, "", *_reasons(verification), verdict_line(verification)])


def headline(verification: Verification) -> str:
    """What was verified, in one line."""
    batches = ", ".join(map(str, verification.batches))
    return (
        f"{verification.model}: {len(verification.nodes)} nodes, {verification.dtype}, opset {verification.opset}, "
        f"batch {batches}, seed {verification.seed}; errors in units of the rounding bound, above 1 is wrong"
    )


def verdict_line(verification: Verification) -> str:
    """The verdict, and where the first divergence is, in one line."""
    if verification.passed:
        return "passed: no error is above what rounding explains"
    divergence = verification.first_divergence
    if divergence is not None:
        return f"FAILED: first divergence at {node_text(divergence)}"
    for runtime in verification.runtimes:
        if runtime.worst_whole is not None and runtime.worst_whole.exceeds:
            return f"FAILED: {runtime.name} as a whole network, {_detail(runtime.worst_whole)}; no node does so alone"
    unfit = [runtime.name for runtime in verification.runtimes if runtime.verdict in ("no kernel", "no bound")]
    return f"FAILED: not everything could be judged on {', '.join(unfit)}" if unfit else "FAILED: no runtime is here"


def node_text(error: NodeError) -> str:
    """A node's error: which node, on which runtime, how much."""
    return f"node {error.index} {error.name!r} ({error.op_type}) on {error.runtime}, {_detail(error)}"


def units_text(units: float | None) -> str:
    """Units to three digits.

    >>> units_text(0.012345), units_text(0.0), units_text(float('inf')), units_text(None)
    ('0.0123', '0', 'inf', '-')
    """
    return "-" if units is None else f"{units:.3g}"


def inputs_text(measurement: Measurement) -> str:
    """On which inputs something was measured: the batch size, and whether the inputs were the user's."""
    return f"batch {measurement.batch}" + (" (given)" if measurement.inputs == "given" else "")


def _row(runtime: RuntimeResult) -> tuple[str, ...]:
    return (runtime.name, runtime.verdict, _short(runtime.worst_whole), _node(runtime.worst_node))


def _short(measurement: Measurement | None) -> str:
    return "-" if measurement is None else f"{units_text(measurement.units)} at {inputs_text(measurement)}"


def _node(error: NodeError | None) -> str:
    return "-" if error is None else f"{_short(error)}: {error.index} {error.name} ({error.op_type})"


def _detail(measurement: Measurement) -> str:
    if measurement.reason is not None:
        return f"{inputs_text(measurement)}: {measurement.reason}"
    difference = units_text(measurement.max_abs_error)
    return f"{units_text(measurement.units)} units (largest difference {difference}) at {inputs_text(measurement)}"


def _reasons(verification: Verification) -> list[str]:
    kinds = (reason_line, spread_line)
    lines = [line for runtime in verification.runtimes for kind in kinds if (line := kind(runtime)) is not None]
    return [*lines, ""] if lines else []


def spread_line(runtime: RuntimeResult) -> str | None:
    """How far runs on the same inputs lay apart; None where nothing was run twice."""
    if runtime.spread is None:
        return None
    apart = "differ in no bit" if runtime.spread == 0 else f"differ by up to {units_text(runtime.spread)}"
    return f"{runtime.name}: runs on the same inputs {apart}"


def reason_line(runtime: RuntimeResult) -> str | None:
    """Why a runtime is missing, or for what it has no kernel or no bound; None where everything was judged."""
    if runtime.missing is not None:
        return f"{runtime.name} is missing: {runtime.missing}"
    gap = runtime.no_kernel or runtime.no_bound
    if gap is None:
        return None
    where = f"node {gap.index} {gap.name!r} ({gap.op_type})" if isinstance(gap, NodeError) else "the whole network"
    what = "no kernel" if runtime.no_kernel else "no bound"
    return f"{runtime.name} has {what} for {where}: {gap.reason}"
