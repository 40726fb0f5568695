"""Cluster files: found by name, read strictly, refused with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.run.clusters import keys
from bridge.run.clusters.amounts import byte_count, seconds, size
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.file import cluster_file, folders, known

ROOT = Path(__file__).parents[3]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Write a cluster file where files are looked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCALEBRIDGE_CLUSTERS", str(tmp_path / "mine"))

    def put(text: str, name: str = "here", folder: str = "mine") -> Path:
        path = tmp_path / folder / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return put


def test_a_name_is_looked_for_in_ones_own_folders_first(write) -> None:  # type: ignore[no-untyped-def]
    write("kind = 'local'\nworkers = 3", folder="deploy/clusters")
    assert cluster_file("here").workers == 3
    write("kind = 'local'\nworkers = 2", folder="home/.config/scalebridge/clusters")
    assert cluster_file("here").workers == 2
    path = write("kind = 'local'\nworkers = 1")
    assert (cluster_file("here").workers, cluster_file(str(path)).workers) == (1, 1)
    assert len(folders()) == 3
    assert known() == ["here", "local"]


def test_local_needs_no_file_and_takes_one(write) -> None:  # type: ignore[no-untyped-def]
    assert cluster_file("local").kind == "local"
    assert cluster_file("local").path is None
    write("kind = 'local'\nmemory = '2 GB'", name="local")
    assert cluster_file("local").memory == 2_000_000_000


def test_every_committed_file_can_be_meant() -> None:
    found = {path.stem: cluster_file(str(path)) for path in (ROOT / "deploy" / "clusters").glob("*.toml")}
    assert {file.kind for file in found.values()} == set(keys.KINDS)


def test_everything_a_file_can_say_is_in_the_documentation() -> None:
    told = (ROOT / "docs" / "clusters.md").read_text()
    assert [key for key in (*keys._KEYS, *keys._ALSO) if f"`{key}`" not in told] == []


SLURM = "kind = 'slurm'\ncores = 1\nmemory = '1 GB'\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("workers = 2", r"has no kind\. Known: local, .*Write, for instance, kind = 'slurm'"),
        ("kind = 'slrum'", r"kind = 'slrum'\. Did you mean 'slurm'\?"),
        ("kind = 3", r"kind = 3\. Known: .*kubernetes"),
        ("kind = 'local'\nworker = 2", r"no key 'worker'\. Did you mean 'workers'"),
        ("kind = 'local'\nworkers = '2'", r"workers = '2' cannot be meant\. Write workers = 4"),
        ("kind = 'local'\nworkers = true", r"workers = True cannot be meant"),
        ("kind = 'local'\nmemory = '2 apples'", r"memory = '2 apples' cannot be meant \('apples' is no unit.*\"4 GB\""),
        ("kind = 'local'\nqueue = 'short'", r"kind 'local' takes no 'queue'; these do: slurm, pbs, lsf, sge"),
        ("kind = 'slurm'\nmemory = '1 GB'", r"kind 'slurm' needs 'cores'\. Write cores = 1"),
        ("kind = 'scheduler'", r"needs 'address'\. Write address = \"tls://scheduler:8786\""),
        ("kind = 'kubernetes'", r"needs 'image'"),
        (SLURM + "walltime = 'for ever'", r"walltime = 'for ever' cannot be meant\. Write walltime = \"01:00:00\""),
        (SLURM + "queue = 'a; rm -rf /'", r"queue = 'a; rm -rf /' cannot be meant"),
        (SLURM + "queue = 'a'\npartition = 'b'", r"'partition' is another word for 'queue', and both are given"),
        (SLURM + "adaptive = { min = 4, max = 2 }", r"adaptive = .* cannot be meant\. Write adaptive = \{ min = 1"),
        (SLURM + "adaptive = { min = 1, max = 2 }\nworkers = 2", r"workers is a fixed number and adaptive a range"),
        (SLURM + "tls = { ca = 'a' }", r"tls = \{'ca': 'a'\} cannot be meant"),
        (SLURM + "environment = { X = 3 }", r"environment = \{'X': 3\} cannot be meant\. Write environment = \{"),
        (SLURM + "extra = '--qos=high'", r"extra = '--qos=high' cannot be meant\. Write extra = \["),
        ("kind = ", r"here\.toml cannot be read as TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused(write, text: str, said: str) -> None:  # type: ignore[no-untyped-def]
    path = write(text)
    with pytest.raises(ClusterError, match=said) as raised:
        cluster_file("here")
    assert str(path) in str(raised.value)


def test_an_unknown_name_lists_the_known_ones_and_where_files_go(write) -> None:  # type: ignore[no-untyped-def]
    write(SLURM, name="juelich")
    with pytest.raises(
        ClusterError, match=r"'julich'\. Did you mean 'juelich'\?.*juelich, local.*SCALEBRIDGE_CLUSTERS"
    ):
        cluster_file("julich")
    with pytest.raises(ClusterError, match=r"there is no cluster file ./else.toml"):
        cluster_file("./else.toml")


@pytest.mark.parametrize("host", ["10.0.0.1", "scheduler", "0.0.0.0", "127.0.0.1.example.org"])
def test_a_scheduler_without_tls_that_others_reach_is_refused(write, host: str) -> None:  # type: ignore[no-untyped-def]
    for give in (lambda: f"tcp://{host}:8786", lambda: str(write(f"kind='scheduler'\naddress='tcp://{host}:8786'"))):
        with pytest.raises(ClusterError, match=r"no TLS.*runs code as its user.*insecure = true"):
            cluster_file(give())
    path = write(f"kind='scheduler'\naddress='tcp://{host}:8786'\ninsecure = true")
    assert cluster_file(str(path)).address == f"tcp://{host}:8786"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_scheduler_without_tls_on_loopback_is_taken(host: str) -> None:
    assert cluster_file(f"tcp://{host}:8786").kind == "scheduler"


@pytest.mark.parametrize(
    ("text", "number"), [("10 min", 600), ("1.5 h", 5400), ("2 days", 172800), ("90 s", 90), ("250 ms", 0.25), (7, 7)]
)
def test_times_are_read(text: object, number: float) -> None:
    assert seconds(text) == number


@pytest.mark.parametrize(
    ("text", "number"), [("4 GB", 4e9), ("512 MiB", 2**29), ("1.5 kB", 1500), ("1 TiB", 2**40), (1000, 1000)]
)
def test_sizes_are_read_and_written_so_that_they_can_be_read(text: object, number: float) -> None:
    assert byte_count(text) == number
    assert byte_count(size(number)) == pytest.approx(number, rel=0.005)


@pytest.mark.parametrize("text", ["", "ten min", "10", "-1 s", "0 s", "1 fortnight", True, None, float("inf"), -3, 0])
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"it is no|is no unit"):
        seconds(text)
