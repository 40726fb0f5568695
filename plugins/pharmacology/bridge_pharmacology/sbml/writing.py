"""The Python module of a document's model: what a person would write by hand, made from its ports."""

from __future__ import annotations

import json
import re
from hashlib import sha256

from bridge import Scale
from bridge_pharmacology.sbml.interface import Entering, Interface, Leaving

_READ = 'DOCUMENT = File.read(Path(__file__).with_name({file}), "application/sbml+xml")\n'


def digest(content: bytes) -> str:
    """What a module knows its document by."""
    return sha256(content).hexdigest()[:16]


def module_text(
    interface: Interface,
    name: str,
    scale: Scale,
    content: bytes,
    *,
    duration: float | None,
    points: int,
    course: bool,
    file: str | None = None,
) -> str:
    """Source of a module with the model `name`; `file` is the document beside it, else DOCUMENT is there already."""
    title = _plain(interface.title or interface.id)
    function = re.sub(r"\W", "_", name.rpartition(".")[2])
    function = f"model_{function}" if function[0].isdigit() else function
    spoken = "; ".join([f"time {interface.time}", *(f"{o.port} {o.selection} {o.unit}" for o in interface.outputs)])
    called = "patients" if course else "courses"
    span = f"    duration: Annotated[float, {_q(interface.time)}, Within(0, strict=True)]"
    paths = "from pathlib import Path\n" if file else ""
    return "".join(
        [
            f'"""{title}: a model made from SBML."""\n\n',
            "from dataclasses import dataclass\n",
            paths,
            f"from typing import Annotated{', Literal' if course else ''}\n\n",
            "import numpy as np\nfrom numpy.typing import NDArray\n\n",
            "from bridge import File, Scale, Within, model\n",
            "from bridge_pharmacology.ports import constant\n" if course else "",
            "from bridge_pharmacology.sbml.running import ",
            f"{called}\n\n",
            _READ.format(file=_q(file)) if file else "",
            f"#: The document that all this was made from.\nDIGEST = {_q(digest(content))}\n",
            "#: Ids of the document by the ports they have here, and the solver's words for what it gives.\n",
            f"INPUTS = {{{', '.join(f'{_q(i.port)}: {_q(i.id)}' for i in interface.inputs)}}}\n",
            f"OUTPUTS = {{{', '.join(f'{_q(o.port)}: {_q(o.selection)}' for o in interface.outputs)}}}\n\n\n",
            _record(interface, course),
            f'\n\n@model({_q(name)}, scale={_scale(scale)}, depends=["libroadrunner"])\n',
            f"def {function}(\n",
            *(f"    {_input(one, course)},\n" for one in interface.inputs),
            "    *,\n",
            f"{span}{'' if duration is None else f' = {duration!r}'},\n",
            f"    points: Annotated[int, Within(2, 10_000_000)] = {points},\n",
            "    rtol: Annotated[float, Within(1e-12, 1e-3)] = 1e-8,\n",
            '    on_failure: Literal["stop", "leave out"] = "stop",\n' if course else "",
            '    document: Annotated[File, "application/sbml+xml"] = DOCUMENT,\n',
            f"    interface: str = {_q(spoken)},\n",
            ") -> Courses:\n",
            f'    """{_docstring(interface, title)}"""\n',
            f"    values = {{{', '.join(f'{_q(i.id)}: {i.port}' for i in interface.inputs)}}}\n",
            f"    found = {called}(\n        document,\n        DIGEST,\n        values,\n        OUTPUTS,\n",
            "        duration=duration,\n        points=points,\n        rtol=rtol,\n",
            f"        unchanged=interface == {_q(spoken)},\n",
            f"        time={_q(interface.time)},\n        on_failure=on_failure,\n" if course else "",
            "    )\n",
            "    return Courses(**found)\n",
        ]
    )


def _record(interface: Interface, course: bool) -> str:
    dims = '("patient", "time")' if course else '("time",)'
    lines = ['    patient: Annotated[NDArray[np.int64], ("patient",), Within(0)]'] if course else []
    lines.append(f'    time: Annotated[NDArray[np.float64], {_q(interface.time)}, ("time",)]')
    lines += [f"    {o.port}: Annotated[NDArray[np.float64], {_q(o.unit)}, {dims}]" for o in interface.outputs]
    lines += ["    left_out: str"] if course else []
    heading = '@dataclass(frozen=True)\nclass Courses:\n    """Courses in time, in the document\'s units."""\n\n'
    return heading + "\n".join(lines) + "\n"


def _input(one: Entering, course: bool) -> str:
    within = ", Within(0)" if one.what == "size of compartment" else ""
    value = "" if one.default is None else repr(float(one.default))
    if course:
        default = f" = constant({value})" if value else ""
        return f'{one.port}: Annotated[NDArray[np.float64], {_q(one.unit)}, ("individual|1",){within}]{default}'
    return f"{one.port}: Annotated[float, {_q(one.unit)}{within}]{f' = {value}' if value else ''}"


def _docstring(interface: Interface, title: str) -> str:
    def line(one: Entering | Leaving) -> str:
        return f"    {one.port}: {one.what} {one.id}"

    return "\n".join(
        [
            f"{title}, solved by CVODE (libRoadRunner) with events from time 0.",
            "",
            "    Inputs:",
            *(f"    {line(one)}" for one in interface.inputs),
            "",
            "    Outputs, at `points` instants from 0 to `duration`, what is after an event at its instant:",
            *(f"    {line(one)}" for one in interface.outputs),
            "    ",
        ]
    )


def _q(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _scale(scale: Scale) -> str:
    ranges = "".join(f", {key}={_q(text)}" for key in ("length", "time") if (text := getattr(scale, key)))
    return f"Scale({_q(scale.name)}{ranges})"


def _plain(text: str) -> str:
    """Text that can stand in a docstring."""
    return re.sub(r"\s+", " ", text.replace("\\", "/").replace('"', "'")).strip()[:90] or "model"
