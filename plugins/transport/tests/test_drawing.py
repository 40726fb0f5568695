"""Pictures are PNGs, the same bytes for the same numbers."""

import numpy as np
from bridge_transport import drawing


def test_equal_numbers_make_equal_pictures_and_others_do_not():
    time, depth = np.linspace(0, 10, 5), np.linspace(0, 0.02, 4)
    field = 300 + 10 * np.outer(time, depth / 0.02)
    pictures = [drawing.temperatures(time, depth, values, "slab") for values in (field, field, field + 1)]
    phase = np.eye(6, dtype=np.int64)[:, :, None]
    pictures += [drawing.microstructure(image, "image") for image in (phase, phase, 1 - phase)]
    assert all(picture.content.startswith(b"\x89PNG") for picture in pictures)
    assert pictures[0] == pictures[1] != pictures[2]
    assert pictures[3] == pictures[4] != pictures[5]
