"""Crates that are damaged, or made to do harm: refused with words, and nothing is taken."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BridgeError
from bridge.inspect.crate import zipped
from bridge.inspect.crate.importing import import_crate
from bridge.inspect.crate.layout import CrateRefused
from bridge.store.runs import Run
from bridge.store.store import Store

METADATA, SUMS = "ro-crate-metadata.json", "sha256sum.txt"


def refused(path: Path, store: Store, words: str) -> None:
    """Importing it ends in a refusal that says why, and neither the store nor the state folder has anything of it."""
    with pytest.raises(CrateRefused, match=words):
        import_crate(path, store)
    assert not Path(store.address).exists()
    home = Path(os.environ["SCALEBRIDGE_HOME"])
    assert not home.exists() or [p for p in home.iterdir() if p.name.startswith("crate-")] == []


def summed(crate: Path) -> None:
    """Write the sums anew, as whoever made a crate could."""
    names = sorted(p.relative_to(crate).as_posix() for p in crate.rglob("*") if p.is_file() and p.name != SUMS)
    lines = [f"{hashlib.sha256((crate / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (crate / SUMS).write_text("".join(lines))


def edited(crate: Path, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change the metadata, and the sums with it."""
    document = json.loads((crate / METADATA).read_bytes())
    edit(document["@graph"])
    (crate / METADATA).write_text(json.dumps(document))
    summed(crate)


# Damage


def test_one_flipped_bit_in_any_file_is_seen(crate: Path, other: Store) -> None:
    files = sorted(path for path in crate.rglob("*") if path.is_file())
    assert len(files) > 30
    for number, path in enumerate(files):
        content = path.read_bytes()
        if not content:
            continue
        at = (number * 7919) % len(content)
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << number % 8]) + content[at + 1 :])
        with pytest.raises(BridgeError):
            import_crate(crate, other)
        path.write_bytes(content)
    assert not Path(other.address).exists()
    import_crate(crate, other)


def test_every_bit_of_the_sums_counts(crate: Path, other: Store) -> None:
    path = crate / SUMS
    content = path.read_bytes()
    for at in (0, 63, 64, 66, len(content) - 1):
        for bit in range(8):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
            with pytest.raises(CrateRefused):
                import_crate(crate, other)
    assert not Path(other.address).exists()


def test_a_missing_and_an_extra_file_are_named(crate: Path, other: Store) -> None:
    away = crate / "outputs" / "scalars.csv"
    content = away.read_bytes()
    away.unlink()
    refused(crate, other, "outputs/scalars.csv is missing in the crate")
    away.write_bytes(content)
    (crate / "outputs" / "thumbs.db").touch()
    refused(crate, other, r"outputs/thumbs.db is in the crate, and sha256sum.txt does not know it")


def test_a_store_that_was_changed_with_all_sums_is_seen_by_its_seals(crate: Path, ran: Run, other: Store) -> None:
    key = ran.stages["last"]["key"]
    path = crate / f"store/artifacts/{key[:2]}/{key}/field/c/0"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = path.relative_to(crate).as_posix()
    edited(crate, lambda graph: next(one for one in graph if one["@id"] == name).update(sha256=digest))
    refused(crate, other, "its content is not what was committed")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "cannot be read"),
        (b"[]", "holds no JSON object"),
        (b'{"@graph": 3}', "is no flat graph"),
        (b'{"@graph": [{"name": 1}]}', "each with an @id"),
        (b'{"@graph": [], "@graph": []}', "stands twice"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"@graph": [{"@id": "./"}]}', "does not describe"),
    ],
)
def test_metadata_that_is_none_is_refused(crate: Path, other: Store, content: bytes, words: str) -> None:
    (crate / METADATA).write_bytes(content)
    summed(crate)
    refused(crate, other, words)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2fsecret",
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "C:%5CWindows%5Cwin.ini",
        "C:/Windows/win.ini",
        "..\\secret",
        "store/../../secret",
        "a//b",
        "%00",
    ],
)
def test_an_id_that_leads_out_of_the_crate_is_refused(crate: Path, other: Store, name: str) -> None:
    edited(crate, lambda graph: graph.append({"@id": name, "@type": "File", "sha256": "0" * 64}))
    refused(crate, other, "which is not in the crate")


def test_metadata_must_agree_with_what_is_there(crate: Path, other: Store) -> None:
    edited(crate, lambda graph: graph.append({"@id": "outputs/more.csv", "@type": "File"}))
    refused(crate, other, "describes outputs/more.csv, which is not in the crate")
    edited(crate, lambda graph: graph.pop())
    edited(crate, lambda graph: graph.append(dict(graph[-1])))
    refused(crate, other, "twice")


def test_what_is_no_crate_of_a_run_is_refused(crate: Path, ran: Run, tmp_path: Path, other: Store) -> None:
    refused(tmp_path / "nothing", other, "there is no crate at")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", other, "it is no RO-Crate")
    (tmp_path / "empty" / METADATA).write_text("{}")
    refused(tmp_path / "empty", other, "it is no crate of a scalebridge run")
    (tmp_path / "text.zip").write_text("no zip")
    refused(tmp_path / "text.zip", other, "is no zip that can be read")


# Folders


def test_a_symbolic_link_or_a_pipe_in_a_crate_is_refused(crate: Path, tmp_path: Path, other: Store) -> None:
    (tmp_path / "secret").write_text("secret")
    scalars = crate / "outputs" / "scalars.csv"
    content = scalars.read_bytes()
    scalars.unlink()
    scalars.symlink_to(tmp_path / "secret")
    refused(crate, other, "outputs/scalars.csv is a symbolic link")
    scalars.unlink()
    os.mkfifo(scalars)
    refused(crate, other, "outputs/scalars.csv is a symbolic link, a device")
    scalars.unlink()
    scalars.write_bytes(content)
    (crate / "linked").symlink_to(tmp_path, target_is_directory=True)
    refused(crate, other, "linked is a symbolic link")


# Zips


def zip_of(crate: Path, target: Path, more: dict[str, bytes] | None = None, mode: int | None = None) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(crate.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(crate).as_posix())
        for name, content in (more or {}).items():
            entry = zipfile.ZipInfo(name)
            if mode is not None:
                entry.external_attr, entry.create_system = mode << 16, 3
            archive.writestr(entry, content)
    return target


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "a/../../evil", "C:/evil", "c:evil", "a\\..\\evil", "outputs//evil", "./evil", "a\nb"],
)
def test_an_entry_that_leads_out_of_the_crate_is_refused(crate: Path, tmp_path: Path, other: Store, name: str) -> None:
    path = zip_of(crate, tmp_path / "evil.zip", {name: b"evil"})
    refused(path, other, "leads out of the crate, or is no name")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_an_entry_that_is_no_file_is_refused(crate: Path, tmp_path: Path, other: Store, kind: int) -> None:
    refused(zip_of(crate, tmp_path / "odd.zip", {"odd": b"/etc/passwd"}, kind | 0o777), other, "is a symbolic link")


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile warns of what is made here on purpose
def test_an_entry_that_stands_twice_is_refused(crate: Path, tmp_path: Path, other: Store) -> None:
    refused(zip_of(crate, tmp_path / "twice.zip", {METADATA: b"{}"}), other, "stands twice in it")


def test_a_bomb_is_not_unpacked(crate: Path, tmp_path: Path, other: Store) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros", "w") as to:
            for _ in range(128):
                to.write(bytes(2**20))
        archive.writestr(METADATA, b"{}")
    refused(path, other, r"would unpack to 1.34e\+08 bytes, [0-9]+ times its own size")


def test_more_than_the_disk_holds_is_not_unpacked(
    crate: Path, tmp_path: Path, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zip_of(crate, tmp_path / "crate.zip")
    usage = zipped.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(zipped.shutil, "disk_usage", lambda _: usage._replace(free=2**26 + 10))
    refused(path, other, "bytes, and 10 are free")


def test_a_zip_that_lies_about_sizes_or_was_cut_off_is_refused(crate: Path, tmp_path: Path, other: Store) -> None:
    path = zip_of(crate, tmp_path / "crate.zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, other, "is no zip that can be read, or it was cut off")
    for at in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            import_crate(path, Store(tmp_path / f"maybe {at}"))
        except BridgeError:
            assert not (tmp_path / f"maybe {at}").exists()


def test_a_file_in_the_way_of_a_folder_is_refused(crate: Path, tmp_path: Path, other: Store) -> None:
    refused(zip_of(crate, tmp_path / "way.zip", {"outputs": b"a file"}), other, "in the way of another one")


def test_an_encrypted_entry_is_refused(crate: Path, tmp_path: Path, other: Store) -> None:
    path = zip_of(crate, tmp_path / "locked.zip")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(bytes(raw))
    refused(path, other, "is encrypted")


def test_a_zip_of_the_folder_itself_is_a_crate_as_well(crate: Path, tmp_path: Path, other: Store, ran: Run) -> None:
    path = tmp_path / "zipped.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(crate.rglob("*")):
            archive.write(file, f"mine/{file.relative_to(crate).as_posix()}")
    assert import_crate(path, other).taken.artifacts == 7
    assert Run(other, ran.id)["last"].y == ran["last"].y
