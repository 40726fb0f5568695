"""Pages that stand by themselves, and pictures drawn for them."""

from __future__ import annotations

import base64
import re

from matplotlib.figure import Figure

from bridge import Picture
from bridge.pages import box, chapter, folded, listed, page, paragraph, picture, table


def drawn() -> Picture:
    figure = Figure(figsize=(1, 1))
    figure.add_subplot().plot([0, 1], [1, 0])
    return Picture.drawn(figure)


def test_a_figure_is_the_same_picture_each_time() -> None:
    assert drawn().media_type == "image/png"
    assert drawn().content == drawn().content


def test_a_page_escapes_every_text_and_asks_for_nothing_from_outside() -> None:
    said = "<script>alert('&')</script>"
    parts = [
        paragraph(said, said),
        box(said, [said], said),
        listed([said]),
        folded(said, [said]),
        table([said], [[said]], said),
        picture(drawn(), said, said, 300),
    ]
    text = page(said, said, [chapter(said, said, *parts)]).decode()
    assert "<script" not in text
    assert not re.search(r"https?://|<link|\ssrc=\"(?!data:)", text)
    assert base64.b64encode(drawn().content).decode() in text


def test_numbers_of_a_table_end_at_the_right_and_texts_do_not() -> None:
    text = table(("what", "unit", "value"), [("mass", "kg", "1")], text_columns=2)
    assert text.count('class="number"') == 2
    assert "caption" not in text
