"""All outputs of one stage, and one of them large."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bridge.inspect.explain.readings import spec_at
from bridge.inspect.web.artifacts.made import context_of, facts_of, inputs_of, remarks_of
from bridge.inspect.web.asked import Asked, BadRequest, Missing, key_of, port_path
from bridge.inspect.web.declared import as_declared
from bridge.inspect.web.site import site_of
from bridge.inspect.web.words import link
from bridge.store.artifact import Artifact
from bridge.store.view import Outputs


def artifact(request: Request) -> Response:
    """The artifact of a key: what made it, and everything that it holds."""
    found = site_of(request).artifact(key_of(request))
    with as_declared(found.where):
        return _artifact(request, found)


def port(request: Request) -> Response:
    """One output of an artifact: a line over its coordinate, or a field to zoom into; others stand on its own page."""
    found = site_of(request).artifact(key_of(request))
    with as_declared(found.where):
        return _port(request, found)


def _artifact(request: Request, found: Artifact) -> Response:
    from bridge.inspect.web.artifacts.outputs import shown

    site, asked = site_of(request), Asked(request)
    context = context_of(site, asked, found)
    name = context.stage or str(found.about.get("model", "")) or "artifact"
    return site.page(
        request,
        "artifact.html",
        key=found.key,
        name=name,
        context=context,
        size=found.bytes,
        facts=facts_of(found),
        remarks=remarks_of(found),
        inputs=inputs_of(site.store, found),
        shown=shown(Outputs(found, name), found.key, context.query),
        downloads=[(to, link("artifacts", found.key, "download", to=to)) for to in ("csv", "netcdf")],
    )


def _port(request: Request, found: Artifact) -> Response:
    asked = Asked(request)
    if "path" not in request.query_params:
        raise BadRequest("write which output is meant: path=diffusivity.")
    path = port_path(asked.text("path"))
    spec = spec_at(found, path)
    if spec is None:
        raise Missing(f"this artifact has no output {'.'.join(path)!r}; it has {', '.join(found.ports)}.")
    if spec["kind"] == "array" and len(spec["shape"]) == 1:
        from bridge.inspect.web.pages.port_line import line

        return line(request, found, path)
    if spec["kind"] == "array" and len(spec["shape"]) > 1:
        from bridge.inspect.web.pages.port_field import field

        return field(request, found, path)
    context = context_of(site_of(request), asked, found)
    return RedirectResponse(link("artifacts", found.key, **context.query) + f"#{'.'.join(path)}", 302)
