"""The verification as one HTML page that needs nothing else: no scripts, no network, light and dark."""

from importlib import resources

import jinja2

from dwbridge.exporters.verification.chart import error_chart, worst_units
from dwbridge.exporters.verification.results import LIMIT, RuntimeResult, Verification
from dwbridge.exporters.verification.table import inputs_text, reason_line, spread_line, units_text, verdict_line

TEMPLATE = "report.html"


def report(verification: Verification) -> str:
    """The page as text.

    Args:
        verification: what to show.

    Returns:
        A complete HTML document. Names from the model are escaped.
    """
    source = resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {"units": units_text, "inputs": inputs_text}
    here = [runtime for runtime in verification.runtimes if runtime.missing is None]
    return environment.from_string(source).render(
        verification=verification,
        verdict=verdict_line(verification),
        chart=error_chart(verification),
        here=here,
        reason=reason_line,
        spread=spread_line,
        rows=_node_rows(verification, here),
        limit=LIMIT,
    )


def _node_rows(
    verification: Verification, here: list[RuntimeResult]
) -> list[tuple[int, str, str, tuple[float | None, ...]]]:
    """(index, name, op_type, worst units for each runtime that is here) of every node."""
    columns = [worst_units(runtime, len(verification.nodes)) for runtime in here]
    return [
        (index, name, op_type, tuple(column[index] for column in columns))
        for index, (name, op_type) in enumerate(verification.nodes)
    ]
