"""The reader of pages stumbles where a page is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_blocks import blocks, steps, typed, unseen
from page_reader import Reader, Stumbled

GOOD = """# A page

Write `things/hello.py`:

```python
print("hello, 42 times")
```

and run it:

```sh
cd things
python hello.py
export NAME=Ann
```

```text
hello, … times
```

The shell goes on where it was:

```sh
python -c \\
    "import os; print(os.environ['NAME'], os.getcwd().split('/')[-1])"
```

```text
Ann things
```

```python
import os
print(os.listdir("."))
```

```text
['hello.py']
```

```sh no-run
rm -rf /
```
"""


def follow(reader: Reader, tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    reader.follow(page)


def test_files_are_written_lines_typed_and_programs_run(reader: Reader, tmp_path: Path) -> None:
    follow(reader, tmp_path, GOOD)
    assert (reader.desk / "things" / "hello.py").is_file()


@pytest.mark.parametrize(
    ("was", "is_now", "said"),
    [
        ("hello, … times", "hello, 43 times", "line 18: these lines were not printed"),
        ("python hello.py", "python hallo.py", r"line 12: python hallo.py\nended with 2"),
        ("os.listdir", "os.listdirs", "AttributeError"),
        ("`things/hello.py`", "`../hello.py`", "outside of the reader's folder"),
        ("hello, … times", "error: no\nhello, … times", "succeeded, and the page shows an error"),
    ],
)
def test_what_differs_is_told_with_its_line(reader: Reader, tmp_path: Path, was: str, is_now: str, said: str) -> None:
    assert was in GOOD
    with pytest.raises(Stumbled, match=said):
        follow(reader, tmp_path, GOOD.replace(was, is_now))


def test_a_refusal_is_the_last_line_of_its_block(reader: Reader, tmp_path: Path) -> None:
    page = "```sh\ntrue\necho 'error: no such thing' >&2; exit 1\n```\n\n```text\nerror: no such thing\n```\n"
    follow(reader, tmp_path, page)
    with pytest.raises(Stumbled, match="false\nended with 1"):
        follow(reader, tmp_path, page.replace("true", "false"))


def test_what_a_page_installs_is_found_by_its_commands_alone(reader: Reader, tmp_path: Path) -> None:
    project = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    project += '[project]\nname = "somebodys"\nversion = "1.0"\ndependencies = ["no-such-thing"]\n'
    follow(
        reader,
        tmp_path,
        f"`mine/pyproject.toml`:\n\n```toml\n{project}```\n\n`mine/somebodys.py`:\n\n```python\nx = 1\n```\n\n"
        "```sh\npip install ./mine\npython -c 'import somebodys, bridge; print(somebodys.x)'\n```\n\n```text\n1\n```\n",
    )


def test_lines_are_joined_and_comments_left_out() -> None:
    assert typed("# why\na \\\n  b\n\nc  # what\n") == ["a  b", "c  # what"]


def test_a_shown_line_must_be_printed_whole() -> None:
    assert unseen("a   b\nc … e", " a b\nc d e\n") == []
    assert unseen("a\n…\n", "a b\n") == ["a"]


def test_text_belongs_to_the_block_right_before_it() -> None:
    page = "```sh\na\n```\n\n```toml\nx = 1\n```\n\n```sh\nb\n```\n\n```text\nc\n```\n"
    alone, shown = steps(page)
    assert alone.seen is None
    assert shown.seen is not None
    assert shown.seen.text == "c\n"


@pytest.mark.parametrize(("page", "said"), [("```sh\na\n", "not closed"), ("```\na\n```\n", "no language")])
def test_a_block_that_does_not_say_what_it_is_is_refused(page: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        blocks(page)


def test_a_word_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="use no-run"):
        steps("```sh norun\na\n```\n")
