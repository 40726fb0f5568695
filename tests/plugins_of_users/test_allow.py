"""`plugins allow` restricts which distributions bring models, and lifts it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from user_plugins import plugin

from bridge import registry
from bridge.errors import BrokenModel, ContractError, UnknownName
from bridge.inspect.plugins import listing
from bridge.inspect.plugins.allowing import allow, allow_all, document, text
from bridge.registry.verdicts import verdicts

Use = Callable[..., None]


@pytest.fixture
def two(tmp_path: Path, use: Use) -> Callable[[], None]:
    """Two plugins used in place, the second of which is not allowed; as a new process sees them."""
    folders = plugin(tmp_path, "one"), plugin(tmp_path, "two")
    use(*folders)
    allow(["Scalebridge_One"])
    use(*folders)
    return lambda: use(*folders)


def test_a_distribution_that_is_not_allowed_is_refused_with_the_command_that_allows_it(
    two: Callable[[], None],
) -> None:
    assert registry.find("one.twice").name == "one.twice"
    with pytest.raises(
        BrokenModel,
        match=r"two\.twice is brought by scalebridge-two, which is not allowed: scalebridge plugins allow scale",
    ):
        registry.find("two.twice")
    allow(["scalebridge-two"])
    two()
    assert registry.find("two.twice").name == "two.twice"
    assert registry.find("one.twice").name == "one.twice"


def test_it_is_not_even_imported_for_a_list(two: Callable[[], None], tmp_path: Path) -> None:
    models = tmp_path / "two" / "bridge_two" / "models.py"
    models.write_text(f"open({str(tmp_path / 'was here')!r}, 'w')\n" + models.read_text())
    found = {one["distribution"]: one for one in listing.listing()}
    assert not found["scalebridge-two"]["allowed"]
    assert found["scalebridge-one"]["allowed"]
    assert "not allowed" in found["scalebridge-two"]["models"][0]["broken"]
    assert "scalebridge plugins allow scalebridge-two" in listing.text(list(found.values()))
    assert not (tmp_path / "was here").exists()


def test_a_worker_does_what_was_decided_where_the_flow_was_written(two: Callable[[], None]) -> None:
    assert registry.find("two.twice", planned=True).name == "two.twice"
    with pytest.raises(BrokenModel, match="not allowed"):
        registry.find("two.twice")


def test_all_lifts_the_restriction(two: Callable[[], None], tmp_path: Path) -> None:
    assert (document()["restricted"], document()["allowed"]) == (True, ["scalebridge-one"])
    assert "scalebridge-two" in document()["not_allowed"]
    assert text(document()).startswith("allowed: scalebridge-one\nnot allowed: ")
    allow_all()
    two()
    assert not document()["restricted"]
    assert text(document()).startswith("every plugin may be loaded")
    assert registry.find("two.twice").name == "two.twice"
    allow_all()  # what is lifted stays so


def test_a_name_that_is_not_here_is_refused_and_nothing_changes(two: Callable[[], None], tmp_path: Path) -> None:
    before = (tmp_path / "home" / "plugins.toml").read_text()
    with pytest.raises(UnknownName, match=r"no plugin is called 'scalebridge-tow'\. Did you mean 'scalebridge-two'"):
        allow(["scalebridge-two", "scalebridge-tow"])
    assert (tmp_path / "home" / "plugins.toml").read_text() == before


@pytest.mark.parametrize("content", ["allow = [", "allow = 3", "", "allow = [1]"])
def test_a_restriction_that_cannot_be_read_lets_nothing_through(
    two: Callable[[], None], tmp_path: Path, content: str
) -> None:
    (tmp_path / "home" / "plugins.toml").write_text(content)
    with pytest.raises(ContractError, match=r"plugins\.toml .* Write it anew: scalebridge plugins allow"):
        registry.find("one.twice")
    with pytest.raises(ContractError, match=r"plugins\.toml"):
        verdicts(registry.entries().values())
    allow_all()
    assert registry.find("one.twice").name == "one.twice"
