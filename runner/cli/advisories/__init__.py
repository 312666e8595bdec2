"""``runner advisories``: which advisories affect what, and databases made of them."""

from __future__ import annotations

import click

from runner.cli.advisories.export import command as export
from runner.cli.advisories.matrix import command as matrix

_USUAL = "matrix"
"""The command that is meant where none is named."""


class _Usual(click.Group):
    """A group in which ``runner advisories mlflow 3.6.0`` is its usual command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the usual command where the first word is no command."""
        asks = {*self.commands, *ctx.help_option_names}
        named = args if args and args[0] in asks else [_USUAL, *args]
        return super().parse_args(ctx, named)


@click.group(
    "advisories",
    cls=_Usual,
    subcommand_metavar="PACKAGE VERSION... | COMMAND [ARGS]...",
    commands=[matrix, export],
)
def command() -> None:
    """Show which advisories affect which versions of a package, or export them."""
