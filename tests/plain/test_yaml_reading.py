"""Plain YAML: what is read, what every other word is, and what is refused with its line and column."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.chain.plain import reading
from bridge.chain.plain.reading import DEEPEST, LARGEST, NotRead, read


def plain(text: str) -> Any:
    return read(text.encode(), "a.yaml").plain()


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("false", False),
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("0.5", 0.5),
        ("-4.8", -4.8),
        ("1e-3", 0.001),
        ("1E+3", 1000.0),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_words_of_json_are_what_they_are_in_json(word: str, value: object) -> None:
    found = plain(f"x: {word}")["x"]
    assert found == value
    assert type(found) is type(value)


TEXTS = """
no NO off yes y on True FALSE 1:30 190:20:30 2021-11-15 2021-11-15T10:00:00Z 007 0x1F 0b1 0o7 +5 .5 5. 1_000
.inf -.inf .nan NaN Null 1e 1.e3 BA.1 << =
"""


@pytest.mark.parametrize("word", TEXTS.split())
def test_every_other_word_is_the_text_it_looks_like(word: str) -> None:
    assert plain(f"x: {word}") == {"x": word}


def test_quoted_words_are_texts() -> None:
    assert plain("x: ['1', \"true\", 'null', '']") == {"x": ["1", "true", "null", ""]}


def test_keys_are_names_whatever_they_look_like() -> None:
    assert plain("1: a\nno: b\ntrue: c\n") == {"1": "a", "no": "b", "true": "c"}


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        (BOMB, "1:4", "the anchor &a is not read"),
        ("a: 1\nb: *a\n", "2:4", "the alias \\*a is not read|undefined alias"),
        ("x: !!python/object/apply:os.system ['touch hacked']", "1:4", "the tag 'tag:yaml.org,2002:python/object"),
        ("x: !!python/name:os.system", "1:4", "the tag 'tag:yaml.org,2002:python/name:os.system' is not read"),
        ("x: !!str 7", "1:4", "the tag 'tag:yaml.org,2002:str' is not read"),
        ("x: ! 7", "1:4", "the tag '!' is not read"),
        ("!!map {x: 1}", "1:1", "the tag"),
        ("x: 1\ny: 2\nx: 3\n", "3:1", "the key 'x' comes twice; line 1 has it first"),
        ("a: {x: 1, 'x': 2}", "1:11", "comes twice"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document begins here"),
        ("%YAML 1.1\n---\na: 1\n", "", "directives \\(%YAML, %TAG\\) are not read"),
        ("? [a]\n: 1\n", "1:3", "a list of 1 is no key"),
        ("~: 1\n", "1:1", "nothing is no key"),
        ("x: 1e999", "1:4", "1e999 is out of the range of a floating-point number"),
        (f"x: {'1' * 5000}", "1:4", "a whole number of 5000 digits"),
        ('x: "\\ud800"', "1:[47]", "the half character|invalid Unicode character"),
        ("", "1:1", "it is empty"),
        ("# nothing\n", "1:1", "it is empty"),
        ("x: [1, 2", "2:1|1:9", "this is no YAML"),
        ("x:\n\t- 1\n", "2:1", "this is no YAML: .* Indent with blanks, not with tabs"),
        ("a: b: c\n", "1:5", "this is no YAML"),
        ("x: a\x00b\n", "1:5", "the control character '\\\\x00'"),
        ("ok: 1\nx: a\x1b[0m\n", "2:5", "the control character '\\\\x1b'"),
        ("x: a\x85\x80b\n", "", "this is no YAML"),
    ],
)
def test_what_is_not_plain_is_refused_where_it_stands(text: str, at: str, said: str) -> None:
    with pytest.raises(NotRead) as caught:
        plain(text)
    message = str(caught.value)
    assert re.match(rf"a\.yaml:({at or '.*'}): ", message), message
    assert re.search(said, message), message
    assert str(pickle.loads(pickle.dumps(caught.value))) == message


def test_nothing_that_a_tag_names_is_called(tmp_path: Any) -> None:
    there = tmp_path / "hacked"
    with pytest.raises(NotRead):
        plain(f"x: !!python/object/apply:os.system ['touch {there}']")
    with pytest.raises(NotRead):
        plain(f"x: !!python/object/new:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{there}']]")
    assert not there.exists()


@pytest.mark.parametrize("begins", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_before_it_is_built(begins: str) -> None:
    with pytest.raises(NotRead, match=f"more than {DEEPEST} deep|this is no YAML"):
        plain("x:\n  " + begins * 20_000)


def test_a_chain_is_not_deeper_than_is_read() -> None:
    assert plain("x: " + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1))


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(NotRead, match=rf"it has {LARGEST + 1} bytes, a chain at most {LARGEST}"):
        read(b"#" * (LARGEST + 1), "a.yaml")


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST", 10)
    with pytest.raises(NotRead, match="there are more than 10 values"):
        plain("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]")


@pytest.mark.parametrize(
    ("content", "at"),
    [(b"x: 1\ny: \xff\n", "2:4"), ("x: Å\n".encode("latin-1"), "1:4"), ("x: 1".encode("utf-16"), "1:1")],
)
def test_only_utf_8_is_read(content: bytes, at: str) -> None:
    with pytest.raises(NotRead, match=rf"a\.yaml:{at}: byte 0x.. is no UTF-8"):
        read(content, "a.yaml")


def test_a_mark_of_utf_8_and_lines_of_windows_are_read() -> None:
    assert read(b"\xef\xbb\xbfx: 1\r\ny: |\r\n  a\r\n  b\r\n", "a.yaml").plain() == {"x": 1, "y": "a\nb\n"}


def test_places_are_those_of_an_editor() -> None:
    top = read(b"a: 1\nb:\n  c: [x, y]\n", "a.yaml")
    inner = top.value["b"]
    assert str(inner.keys["c"]) == "a.yaml:3:3"
    assert str(inner.value["c"].value[1].place) == "a.yaml:3:10"


def test_both_parsers_of_pyyaml_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, x, '2', \"3\", 1e-3]\nb: {c: no, d: x}\ne:\n- ~\n- >\n  folded\n  text\n"
    found = plain(text)
    monkeypatch.setattr(reading, "_PARSER", yaml.SafeLoader)
    assert plain(text) == found
    with pytest.raises(NotRead, match=r"a\.yaml:1:4: the anchor"):
        plain(BOMB)
    with pytest.raises(NotRead, match=r"a\.yaml:1:4: the half character"):
        plain('x: "\\ud800"')


SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2000, blacklist_categories=("Cc", "Cs")), max_size=20),
)


def _within(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(st.text("abc: -#'1", min_size=1), inner, max_size=4)


@settings(max_examples=200)
@given(st.recursive(SCALARS, _within, max_leaves=12))
def test_json_is_read_as_json(value: Any) -> None:
    written = json.dumps({"x": value}, ensure_ascii=False)
    assert plain(written) == {"x": value}
