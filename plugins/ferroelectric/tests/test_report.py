"""Closing errors and the page: against figures put in by hand."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from bridge_ferroelectric.interfaces import Gradient, Landau
from bridge_ferroelectric.report import chain, compare, models

from bridge import Picture

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
PICTURE = Picture(PNG, "image/png")
WIDTH, PS = 0.4, 0.30


def profile(planes: int, ps: float) -> tuple[Any, Any]:
    """Two walls in a periodic box, tanh each: ξ = 2 Ps/slope = WIDTH."""
    position = 0.4 * np.arange(planes)
    length = 0.4 * planes
    shape = np.tanh(2 * (position - length / 4) / WIDTH) - np.tanh(2 * (position - 3 * length / 4) / WIDTH) - 1
    return position, np.stack([0 * shape, ps * shape, 0 * shape], axis=1)


def lattice_wall(energy: float = 20.0) -> models.LatticeWall:
    position, polarization = profile(20, PS)
    return models.LatticeWall(energy, 1.0, 0.38, position, polarization)


def continuum_wall(internal: float = 18.0, ps: float = 0.306) -> models.ContinuumWall:
    position = np.linspace(-6, 6, 401)
    line = ps * np.tanh(2 * position / WIDTH)
    polarization = np.stack([0 * line, line, 0 * line], axis=1)
    return models.ContinuumWall(15.0, internal, WIDTH, ps, np.array([0.011, -0.0035]), position, polarization)


FITTED = np.array([260.0, 300.0, 340.0, 380.0])
P = np.array([0.0, -PS, 0.0])
STRAIN = np.array([-0.003, 0.0120, -0.003, 0, 0, 0])


def closing(**changes: Any) -> models.Closing:
    given: dict[str, Any] = {
        "temperature": 280.0, "fitted": FITTED, "lattice": models.Lattice(P, STRAIN), "wall": lattice_wall(),
        "continuum": continuum_wall(),
    }  # fmt: skip
    return models.closing(**given | changes)


def test_closing_errors_are_coarse_over_fine() -> None:
    found = closing()
    assert found.polarization_error == pytest.approx(0.306 / 0.30 - 1)
    assert found.strain_fine == pytest.approx(1.012 / 0.997 - 1)
    assert found.strain_error == pytest.approx((1.011 / 0.9965 - 1) / (1.012 / 0.997 - 1) - 1)
    assert found.wall_error == pytest.approx(18 / 20 - 1)
    assert found.wall_uncertainty == pytest.approx(1 / 20)
    assert found.width_error == pytest.approx(0.4 / 0.38 - 1)
    assert found.picture.content[:4] == b"\x89PNG"


def test_a_temperature_of_the_fit_tests_nothing() -> None:
    with pytest.raises(ValueError, match=r"260, 300, 340, 380 K, so 300 K cannot test it.*such as 280 K"):
        closing(temperature=300.0)


def test_a_cubic_lattice_has_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="it is cubic"):
        closing(lattice=models.Lattice(np.array([0.0, 0.001, 0.0]), STRAIN))


def test_one_wall_of_two_is_put_at_the_origin() -> None:
    position, polarization = profile(20, PS)
    where, values = compare.centred(position, polarization[:, 1])
    np.testing.assert_allclose(values, PS * np.tanh(2 * where / WIDTH), atol=1e-9)
    with pytest.raises(ValueError, match="no wall"):
        compare.centred(position, np.ones(20))


def landau() -> Landau:
    return Landau(
        "toy",
        "tests",
        300.0,
        1e7,
        5e5,
        -9e8,
        0.0,
        2e8,
        0.0,
        5e9,
        0.0,
        6e9,
        9e9,
        0.12,
        -0.037,
        0.03,
        320.0,
        115.0,
        130.0,
    )


def report(**changes: Any) -> models.Report:
    given: dict[str, Any] = {
        "temperature": 260.0,
        "electrons": models.Electrons(models.Onsite("LDA", 3.94, -1.2, 100.0, -148.0), 0.012, PICTURE),
        "hamiltonian": SimpleNamespace(
            name="BaTiO3 <own>", B11=126.0, B12=45.0, B44=50.0, B1xx=-240.0, B1yy=-20.0, B4yz=-11.0,
            effective_charge=9.956, permittivity=5.24, kappa2=6.03,
        ),
        "remark": "Warning: functionals differ.",
        "ladder": models.Ladder(np.array([310.0, 0, 0]), np.array([350.0, 0, 0]), PICTURE),
        "theory": models.Theory(5.6, 279.0, 4.0, "260 K [001] 0.1: separated", PICTURE),
        "landau": landau(),
        "gradient": Gradient(19.5e-11, 0.0, 1.6e-11),
        "wall_180": continuum_wall(),
        "wall_90": continuum_wall(),
        "domains": models.Domains("+x, -x, +y, -y", np.array([0.4, 0.1, 0.3, 0.1]), 4, 0.33, PICTURE),
        "closing": closing(),
    }  # fmt: skip
    return models.report(**given | changes)


class Page(HTMLParser):
    """Tags, pictures and text of a page; unclosed tags are noticed."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_holds_every_picture_and_needs_nothing_from_outside() -> None:
    text = report().page.content.decode()
    page = Page(text)
    assert page.open == []
    assert len(page.pictures) == 5
    assert all(source.startswith("data:image/png;base64,") for source in page.pictures)
    assert base64.b64decode(page.pictures[0].partition(",")[2]) == PNG
    assert not re.search(r"https?://|<script|<link", text)


def test_the_page_says_the_numbers() -> None:
    words = Page(report().page.content.decode()).words
    missing = "none (tetragonal–orthorhombic), none (orthorhombic–rhombohedral)"
    ladder = f"Cooling: 310 K (cubic–tetragonal), {missing}. Heating: 350 K (cubic–tetragonal), {missing}."
    numbers = ["4 variants above 5 %", "+x 40 %", "+2.0 %", "-10.0 %", "20.0 ± 1.0 mJ/m²", "5.00·10⁵"]
    for said in ("BaTiO3 <own>", *numbers, ladder, "Warning: functionals differ.", "separated"):
        assert said in words, said


@pytest.mark.parametrize(("value", "said"), [(0.0, "0"), (5.38e9, "5.38·10⁹"), (-1.62e-11, "-1.62·10⁻¹¹")])
def test_numbers_are_written_with_powers_of_ten(value: float, said: str) -> None:
    assert chain.si(value) == said


def test_a_browser_shows_every_picture_in_light_and_dark(tmp_path: Path) -> None:
    """Real headless Chromium draws the page: pictures have their size, and nothing sticks out of a narrow screen."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("no Chromium here: apt-get install chromium")
    probe = (
        "<script>onload=()=>{document.title=[...document.images].map(i=>i.naturalWidth).join()+' '+"
        "(document.documentElement.scrollWidth<=innerWidth)+' '+"
        "getComputedStyle(document.documentElement).backgroundColor}</script>"
    )
    page = tmp_path / "page.html"
    page.write_bytes(report().page.content.replace(b"</head>", probe.encode() + b"</head>"))
    grounds = set()
    for scheme in ("0", "1"):  # dark, light
        command = [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / scheme}",
            f"--blink-settings=preferredColorScheme={scheme}", "--window-size=500,800", "--dump-dom", page.as_uri(),
        ]  # fmt: skip
        shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
        found = re.search(r"<title>([\d,]+) (true|false) (.*?)</title>", shown)
        assert found, shown[:300]
        assert found[1] == "1,1,1,1,960"  # four stand-ins, and the profile
        assert found[2] == "true"
        grounds.add(found[3])
    assert len(grounds) == 2
