"""What a command of the command line is made of."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from imdb_core.settings import Settings

Command = Callable[[argparse.Namespace, Settings], int]
"""Does what the options say; returns the exit code."""

AddCommand = Callable[[str, Command, str], argparse.ArgumentParser]
"""`add_command` to certain commands."""


def add_command(
    commands: Any,  # noqa: ANN401 - argparse keeps the type private
    name: str,
    command: Command,
    help: str,
) -> argparse.ArgumentParser:
    """Add a command by its name, what it does, and its help; returns its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(command=command)
    return parser
