"""The demo for several seeds: accuracy, errors in units of the bound, and the loss before and after training further.

    python benchmarks/demo_seeds.py [--seeds 10]

Prints one line for each seed. It takes about 20 seconds a seed on two cores.
"""

import argparse
import contextlib
import io
import tempfile
from pathlib import Path

from dwbridge.cli.demo.command import EPOCHS, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    print("seed  accuracy  worst node  worst network  loss before  loss after  seconds  problems")
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory() as folder:
            print(line(seed, Path(folder)), flush=True)


def line(seed: int, out: Path) -> str:
    """What one seed gives."""
    with contextlib.redirect_stdout(io.StringIO()):
        result = run(out, EPOCHS, seed)
    present = [runtime for runtime in result.verification.runtimes if runtime.missing is None]
    node = max(runtime.worst_node.units for runtime in present)
    network = max(runtime.worst_whole.units for runtime in present)
    tuning, problems = result.fine_tuning, "; ".join(result.problems) or "none"
    return (
        f"{seed:>4}  {result.training.accuracy:>8.4f}  {node:>10.3f}  {network:>13.2e}  "
        f"{tuning.loss_before:>11.5f}  {tuning.loss_after:>10.5f}  {result.seconds:>7.1f}  {problems}"
    )


if __name__ == "__main__":
    main()
