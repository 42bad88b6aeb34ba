"""`dwbridge inspect`: which nodes of an ONNX file can be loaded, and why the others cannot."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dwbridge.cli.arguments import InputFile, OutputFile
from dwbridge.cli.exit_codes import FAILED, FINE
from dwbridge.serializers import write_atomically


@click.command()
@click.argument("file", type=InputFile)
@click.option("--json", "json_file", type=OutputFile(), help="Write what was found to a JSON file as well.")
def inspect(file: Path, json_file: Path | None) -> int:
    """Say of every node of the ONNX model FILE whether it can be loaded, or why not.

    Exit code 0 if all nodes are supported, 1 if not.
    """
    from dwbridge import exporters

    inspection = exporters.inspect(file)
    supported = sum(node.supported for node in inspection.nodes)
    click.echo(str(inspection))
    click.echo(f"{supported} of {len(inspection.nodes)} nodes are supported")
    if json_file is not None:
        text = json.dumps(inspection.to_dict(), indent=2) + "\n"
        write_atomically(json_file, lambda out: out.write(text.encode()))
    return FINE if inspection.supported else FAILED
