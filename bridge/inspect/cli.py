"""The command ``scalebridge``. What a command needs is imported when it runs: ``--help`` answers at once."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from bridge.errors import BridgeError
from bridge.inspect.commands.chain import chain
from bridge.inspect.commands.cluster import doctor
from bridge.inspect.commands.contract import check, models, show
from bridge.inspect.commands.exchange import import_
from bridge.inspect.commands.explain import calls, diff, lineage, why
from bridge.inspect.commands.export import export
from bridge.inspect.commands.life import cancel, logs, resume, run
from bridge.inspect.commands.options import looking
from bridge.inspect.commands.plugins import plugins
from bridge.inspect.commands.schedules import schedules, serve
from bridge.inspect.commands.sensitivity import sensitivity
from bridge.inspect.commands.sweep import sweep
from bridge.inspect.commands.ui import ui
from bridge.inspect.commands.upkeep import du, gc, rm, runs, verify
from bridge.places import look_first, use_in_place


class Commands(click.Group):
    """Turns whatever scalebridge refuses into one plain message, or into JSON where that was asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as reason:
            if reason.option_name in ("--plugins", "--traceback"):
                said = f"{reason.message} It stands before the command: scalebridge {reason.option_name} …"
                raise click.NoSuchOption(reason.option_name, said, ctx=reason.ctx) from None
            raise
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except Exception as reason:
            if ctx.params.get("traceback"):
                traceback.print_exc()
            said = str(reason) if isinstance(reason, BridgeError) else f"{type(reason).__name__}: {reason}"
            said += "".join(f" ({note})" for note in getattr(reason, "__notes__", ()))
            if "--json" in sys.argv:
                click.echo(json.dumps({"error": {"type": type(reason).__name__, "message": said}}))
            else:
                click.secho("error: ", fg="red", bold=True, nl=False, err=True)
                click.echo(said, err=True)
                if not isinstance(reason, BridgeError) and not ctx.params.get("traceback"):
                    click.echo("Where it came from: scalebridge --traceback …", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--traceback", is_flag=True, help="Show where in the code an error came from.")
@click.option(
    "--plugins",
    "folders",
    multiple=True,
    metavar="PATH",
    help="Use the plugin of a folder in place, or all plugins of its folders; may be repeated.",
)
@click.version_option(package_name="scalebridge", prog_name="scalebridge")
def main(traceback: bool, folders: tuple[str, ...]) -> None:
    """Chain models of different scales, with interfaces that are enforced.

    The state folder is SCALEBRIDGE_HOME (default .scalebridge), the store SCALEBRIDGE_STORE.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")  # a terminal without an arrow still gets its line
    look_first(told=looking)
    if folders:
        use_in_place(folders)


for command in (
    models,
    check,
    chain,
    run,
    sweep,
    sensitivity,
    resume,
    cancel,
    logs,
    runs,
    show,
    ui,
    why,
    diff,
    lineage,
    calls,
    export,
    import_,
    rm,
    du,
    gc,
    verify,
    doctor,
    schedules,
    serve,
    plugins,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
