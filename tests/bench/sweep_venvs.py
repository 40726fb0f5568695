"""An environment of its own for each program that sweeps are compared with, made once and kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".scalebridge" / "rivals"  # `make clean` takes it away

#: What is installed for each, in the versions that were compared. EasyVVUQ's numpoly and chaospy do not say that they
#: need six and setuptools.
PINS = {
    "jobflow": ("jobflow==0.4.0", "maggma==0.77.1", "numpy==2.4.6", "psutil==7.2.2"),
    "executorlib": ("executorlib==1.11.0", "pyzmq==27.2.0", "psutil==7.2.2"),
    "parsl": ("parsl==2026.10.26", "psutil==7.2.2"),
    "easyvvuq": (
        "easyvvuq==1.3", "chaospy==4.3.2", "six==1.17.0", "sqlalchemy==2.1.9", "pandas==3.0.6", "numpy==1.26.4",
        "setuptools==80.9.0", "psutil==7.2.2",
    ),
    "epydemix": ("epydemix==1.5.0", "numpy==2.4.6", "pandas==3.1.1", "scipy==1.17.1", "evalidate==2.1.7"),
    "muscle3": ("muscle3==0.11.0", "ymmsl==0.18.0", "numpy==2.4.6"),
    "openmdao": ("openmdao==3.45.1", "numpy==2.4.6", "scipy==1.17.1"),
}  # fmt: skip


class NotInstalled(Exception):
    """A rival's environment cannot be made on this machine."""


def python_of(rival: str) -> str:
    """The Python of a rival's environment, installing it at the first call; our own where it is what we stand on.

    Raises NotInstalled, with what the installer said last.
    """
    name = rival.split()[0]
    if name not in PINS:
        return sys.executable
    folder = HOME / PINS[name][0]
    python = folder / "bin" / "python"
    done = folder / "whole"
    if not done.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        install = (uv, "pip", "install", "--quiet", "--system-certs", "--python", str(python), *PINS[name])
        for command in ((uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)), install):
            told = subprocess.run(command, capture_output=True, text=True, check=False)
            if told.returncode:
                raise NotInstalled((told.stderr.strip() or "no reason given").splitlines()[-1])
        done.touch()
    return str(python)


def version_of(rival: str) -> str:
    """The version that is measured."""
    from importlib.metadata import version

    name = rival.split()[0]
    if name in PINS:
        return PINS[name][0].partition("==")[2]
    return version(name) + (f" with prefect-dask {version('prefect-dask')}" if name == "prefect" else "")
