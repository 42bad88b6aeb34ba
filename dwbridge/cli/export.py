"""`dwbridge export`: a network and its snapshot become an ONNX file."""

from __future__ import annotations

from pathlib import Path

import click

from dwbridge.cli.arguments import InputFile, OutputFile, Shape
from dwbridge.cli.exit_codes import BadInputError, one_line
from dwbridge.links import Link


@click.command()
@click.argument("model")
@click.option("--snapshot", type=InputFile, required=True, help="Parameters, an .npz file of dwbridge or Chainer.")
@click.option("--npz-path", default="", metavar="PREFIX/", help="Where in the file the network's parameters are.")
@click.option("--input-shape", type=Shape(), required=True, help="Shape of the input, such as 1,3,224,224.")
@click.option("--opset", type=int, default=None, help="Opset of the ONNX file.")
@click.option("-o", "--output", type=OutputFile(), required=True, help="The ONNX file to write.")
def export(
    model: str, snapshot: Path, npz_path: str, input_shape: tuple[int, ...], opset: int | None, output: Path
) -> None:
    """Write the network MODEL with the parameters of a snapshot as an ONNX file.

    MODEL is package.module:callable (called without arguments, returns the link) or the name of a network in
    dwbridge.models. The first dimension of the input becomes the symbolic batch size.
    """
    from dwbridge.cli.model_argument import make_model
    from dwbridge.cli.snapshot import load_snapshot

    link = make_model(model)
    load_snapshot(snapshot, link, npz_path)
    click.echo(export_link(link, input_shape, output, opset))


def export_link(link: Link, input_shape: tuple[int, ...], output: Path, opset: int | None) -> str:
    """Writes the file and describes it in a line.

    Raises:
        BadInputError: if the link does not take inputs of this shape.
    """
    import numpy as np

    from dwbridge import exporters

    dtype = next((param.dtype for param in link.params() if param.is_initialized), np.dtype(np.float32))
    x = np.zeros(input_shape, dtype)
    _try(link, x)
    proto = exporters.export(link, x, filename=str(output), opset_version=opset)
    version = next(entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx"))
    graph = proto.graph
    return (
        f"{output}: opset {version}, {len(graph.node)} nodes, {len(graph.initializer)} parameters, "
        f"{output.stat().st_size:,} bytes"
    )


def _try(link: Link, x: object) -> None:
    from dwbridge.configuration import no_backprop_mode, using_config

    try:
        with using_config("train", False), no_backprop_mode():
            link(x)
    # The user's network runs here: whatever it raises, it does not take this input.
    except Exception as error:
        shape = ",".join(map(str, getattr(x, "shape", ())))
        raise BadInputError(f"the network does not take an input of shape {shape}: {one_line(error)}") from error
