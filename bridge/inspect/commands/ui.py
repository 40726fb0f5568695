"""``ui``: stored runs in a browser."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bridge.inspect.web.serving import Seat
    from bridge.store.store import Store


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="The port; 8420 if it is free, else any that is. 0 takes any.",
)
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="Another name by which browsers come here, such as localhost:9000 through a tunnel; may be repeated.",
)
@click.option(
    "--token",
    is_flag=False,
    flag_value="",
    metavar="TEXT",
    help="Let in only who brings it; without TEXT one is made. Off 127.0.0.1 there always is one.",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--log", is_flag=True, help="Say every request on stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON, for machines.")
def ui(
    host: str, port: int | None, names: tuple[str, ...], token: str | None, no_browser: bool, log: bool, as_json: bool
) -> None:
    """Show stored runs in a browser, until Ctrl-C. Nothing is changed, and nothing is fetched from elsewhere."""
    from bridge.inspect.web.serving import leave, opened, seat, serve
    from bridge.store.store import Store

    store = Store()
    taken = seat(host, port, names, token)
    opened(store, quiet=as_json)

    def ready() -> None:
        _say(taken, store, moved=port is None and taken.port != 8420, as_json=as_json)
        if not no_browser and not as_json and _has_display() and not taken.token:
            click.launch(taken.address)

    serve(store, taken, ready=ready, log=log)
    leave()


def _say(taken: Seat, store: Store, *, moved: bool, as_json: bool) -> None:
    """Print where the pages are, and who can see them."""
    if as_json:
        told = {"address": taken.address, "port": taken.port, "token": taken.token, "store": store.address}
        click.echo(json.dumps(told))
    else:
        click.echo(taken.address)
        notes = ["port 8420 is taken: this is another one."] if moved else []
        if not taken.loopback:
            notes.append(
                "Whoever has this address can read the whole store, and so can who listens on the way: it is plain "
                f"HTTP. Safer: scalebridge ui here, and ssh -L {taken.port}:127.0.0.1:{taken.port} from there."
            )
        for note in [*notes, "Ctrl-C ends it."]:
            click.echo(note, err=True)
    sys.stdout.flush()


def _has_display() -> bool:
    """Whether somebody sits here who could see a browser."""
    shown = sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return sys.stdout.isatty() and shown
