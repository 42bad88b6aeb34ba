"""`dwbridge verify`: do the runtimes compute what the ONNX file says?"""

from __future__ import annotations

from pathlib import Path

import click

from dwbridge.cli.arguments import InputFile, OutputFile, Shape
from dwbridge.cli.exit_codes import FAILED, FINE


@click.command()
@click.argument("file", type=InputFile)
@click.option("--runtime", "runtimes", multiple=True, metavar="NAME", help="Demand a runtime; may be repeated.")
@click.option("--input-shape", type=Shape(), help="Shape of the input, where the file leaves sizes open.")
@click.option(
    "--batch",
    "batches",
    multiple=True,
    type=click.IntRange(min=1),
    help="Batch size, instead of the shape's; may be repeated.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the random inputs.")
@click.option("--html", "html_file", type=OutputFile(), help="Write the report as one HTML page.")
@click.option("--json", "json_file", type=OutputFile(), help="Write everything that was measured as JSON.")
def verify(
    file: Path,
    runtimes: tuple[str, ...],
    input_shape: tuple[int, ...] | None,
    batches: tuple[int, ...],
    seed: int,
    html_file: Path | None,
    json_file: Path | None,
) -> int:
    """Run the ONNX model FILE on every runtime that is here, whole and node by node.

    Errors are counted in units of what rounding explains; above 1 is wrong. Exit code 0 if all runtimes passed, 1 if
    not, 3 if a runtime that was demanded is not there.
    """
    from dwbridge import exporters

    # With --batch, the first size of the shape only holds the place of the batch.
    shape = (None, *input_shape[1:]) if input_shape and batches else input_shape
    verification = exporters.verify(
        file,
        runtimes=list(runtimes) or None,
        batches=batches or (1, 2, 7),
        seed=seed,
        input_shapes=shape,
    )
    click.echo(str(verification))
    if json_file is not None:
        verification.to_json(json_file)
    if html_file is not None:
        verification.save_html(html_file)
    return FINE if verification.passed else FAILED
