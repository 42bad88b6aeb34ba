"""The entry: chooses the command and turns errors into one line on standard error and an exit code.

Wrong input never ends in a traceback. An error that nobody foresaw does: it is a bug, and the traceback says where.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from dwbridge.cli.bench.command import bench
from dwbridge.cli.demo.command import demo
from dwbridge.cli.doctor import doctor
from dwbridge.cli.exit_codes import BAD_INPUT, INTERRUPTED, RUNTIME_MISSING, one_line
from dwbridge.cli.export import export
from dwbridge.cli.inspect import inspect
from dwbridge.cli.verify import verify


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dwbridge")
@click.pass_context
def dwbridge(context: click.Context) -> None:
    """A bridge between training and deployment for networks built on depthwise convolution.

    Exit codes: 0 fine; 1 verification failed, or unsupported nodes were found; 2 bad usage or bad input; 3 a runtime
    that was demanded is not there.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (demo, export, inspect, verify, doctor, bench):
    dwbridge.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and gives the exit code.

    Args:
        arguments: the words behind `dwbridge`; those of the process for None.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return int(dwbridge.main(arguments, prog_name="dwbridge", standalone_mode=False) or 0)
    except click.ClickException as error:
        message, code = error.format_message(), error.exit_code
    except click.Abort:
        message, code = "interrupted", INTERRUPTED
    except Exception as error:
        code = _exit_code(error)
        message = _text(error)
    command = next((word for word in arguments if word in dwbridge.commands), None)
    click.echo(f"{' '.join(filter(None, ['dwbridge', command]))}: {' '.join(message.split())}", err=True)
    return code


def _exit_code(error: Exception) -> int:
    """The code for an error of bad input; raises any other again."""
    # Imported here, because it takes onnx along, and `dwbridge --help` needs neither.
    from dwbridge.exporters.errors import BridgeError, RuntimeMissingError

    if isinstance(error, RuntimeMissingError):
        return RUNTIME_MISSING
    if isinstance(error, BridgeError | OSError):
        return BAD_INPUT
    raise error


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {error.filename}"
    return one_line(error)
