"""Committed tables are those that the code was written with: a result is kept under the code that it came from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import bridge_epidemic
import pytest
from bridge_epidemic.tables.reading import DIGESTS, rows

PACKAGE = Path(bridge_epidemic.__file__).parent


def test_every_table_has_its_digest_in_the_code():
    assert sorted(DIGESTS) == sorted(path.stem for path in (PACKAGE / "tables").glob("*.csv"))
    assert all(rows(name) for name in DIGESTS)


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_a_table_that_was_changed_is_refused(tmp_path, name):
    """Else the store would answer with what another table gave; line ends alone are no change."""
    tables = tmp_path / "bridge_epidemic" / "tables"
    tables.mkdir(parents=True)
    for folder in (tables.parent, tables):
        (folder / "__init__.py").touch()
    shutil.copy(PACKAGE / "tables" / "reading.py", tables)
    text = (PACKAGE / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    program = f"from bridge_epidemic.tables.reading import rows; print(len(rows({name!r})))"

    def told(content: str) -> subprocess.CompletedProcess[str]:
        (tables / f"{name}.csv").write_bytes(content.encode())
        return subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)

    assert int(told(text.replace("\n", "\r\n")).stdout) == len(rows(name))
    changed = told(text[::-1].replace("1", "2", 1)[::-1])
    assert changed.returncode == 1
    assert f"tables/{name}.csv has the digest" in changed.stderr
