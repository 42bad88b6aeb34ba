"""`dwbridge demo`: the main job from end to end, on real data, in six steps."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dwbridge.cli.exit_codes import FAILED, FINE, BadInputError, one_line

if TYPE_CHECKING:
    from dwbridge.cli.demo.results import DemoResult

OUT = "dwbridge-demo"
EPOCHS = 10


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=OUT, show_default=True, help="Folder.")
@click.option("--epochs", type=click.IntRange(min=1), default=EPOCHS, show_default=True, help="Sweeps of training.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Random seed.")
def demo(out: Path, epochs: int, seed: int) -> int:
    """Train on real digits, export to ONNX, load back, verify, train further, and write a report.

    Exit code 0 if everything held, 1 if not.
    """
    from dwbridge.cli.demo.report import write_reports
    from dwbridge.cli.demo.table import print_result
    from dwbridge.exporters.errors import BridgeError

    make_folder(out)
    try:
        result = run(out, epochs, seed)
    # The user gave no model here: what the bridge refuses is a step that did not hold, not bad input.
    except BridgeError as error:
        return _fail([one_line(error)])
    reports = write_reports(result, out)
    _say("6. write the report")
    print_result(result, [*result.files, *reports])
    click.echo(f"errors are in units of what rounding explains; the report is {out / 'report.html'}")
    return _fail(result.problems) if result.problems else FINE


def run(out: Path, epochs: int, seed: int) -> DemoResult:
    """Steps 1 to 5.

    Args:
        out: folder that is there.
        epochs: sweeps over the training part.
        seed: of parameters, order of examples, and the verification's inputs.
    """
    from dwbridge.cli.demo.bridge import load_back, save_and_export
    from dwbridge.cli.demo.results import DemoResult
    from dwbridge.cli.demo.samples import digit_samples
    from dwbridge.cli.demo.training import fine_tune, train
    from dwbridge.cli.demo.verification import verify_file

    start = time.perf_counter()
    _say(f"1. train the network on handwritten digits: {epochs} epoch{'s' * (epochs > 1)}, seed {seed}")
    training = train(epochs, seed, out)
    _say("2. save it and export it to ONNX")
    export = save_and_export(training.model, out)
    _say("3. load the ONNX file back, compare")
    round_trip = load_back(export, training.model.predictor)
    _say("4. verify the file on every runtime, whole and node by node")
    verification = verify_file(export.onnx, seed)
    samples = digit_samples(round_trip.network)
    _say("5. train the loaded network for one epoch more")
    fine_tuning = fine_tune(round_trip.network, seed)
    return DemoResult(
        seed, epochs, training, export, round_trip, verification, fine_tuning, samples, time.perf_counter() - start
    )


def make_folder(out: Path) -> None:
    """Makes the output folder and sees that files can be made in it.

    Raises:
        BadInputError: if it is not possible.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".dwbridge-demo"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadInputError(f"cannot write to the folder {out}: {error.strerror}") from error


def _fail(problems: list[str]) -> int:
    click.echo(f"dwbridge demo: failed: {'; '.join(problems)}", err=True)
    return FAILED


def _say(step: str) -> None:
    click.echo(step)
