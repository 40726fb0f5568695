"""Points as plain arrays and JSON, and back, to the bit: a sweep that goes on must mean the same points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bridge.axes.points import Column, Group

if TYPE_CHECKING:
    from bridge.axes.points import Points

Arrays = dict[str, npt.NDArray[Any]]


def arrays_of(points: Points) -> tuple[Arrays, list[dict[str, Any]]]:
    """Arrays by name (float64, int64, bool, int32, uint8) and what they mean, as JSON."""
    arrays: Arrays = {}
    about = []
    for g, group in enumerate(points.groups):
        columns = []
        for c, (column, index) in enumerate(zip(group.columns, group.index, strict=True)):
            at = f"{g}.{c}"
            columns.append(
                {
                    "at": at,
                    "name": column.name,
                    "unit": column.unit,
                    "kind": _keep_values(arrays, f"{at}.values", column.values),
                    "index": _keep_index(arrays, f"{at}.index", index),
                    "texts": column.texts is not None,
                    "origin": dict(column.origin),
                    "gives": column.gives,
                }
            )
            if column.texts is not None:
                _keep_texts(arrays, f"{at}.texts", column.texts)
        about.append({"dim": group.dim, "size": group.size, "columns": columns})
    return arrays, about


def groups_from(arrays: Mapping[str, npt.NDArray[Any]], about: Sequence[Mapping[str, Any]]) -> tuple[Group, ...]:
    """The groups that ``arrays_of`` took apart."""
    groups = []
    for group in about:
        columns, index = [], []
        for told in group["columns"]:
            at = told["at"]
            if told["kind"] == "text":
                values = np.array(_texts(arrays, f"{at}.values") or [""], object)
            else:
                values = np.asarray(arrays[f"{at}.values"])
            texts = tuple(_texts(arrays, f"{at}.texts")) if told["texts"] else None
            columns.append(Column(told["name"], values, told["unit"], texts, told["origin"], told["gives"]))
            size = int(group["size"])
            counted = told["index"] == "counted"
            index.append(np.arange(size, dtype=np.int32) if counted else np.asarray(arrays[f"{at}.index"]))
        groups.append(Group(group["dim"], int(group["size"]), tuple(columns), tuple(index)))
    return tuple(groups)


def _keep_values(arrays: Arrays, at: str, values: npt.NDArray[Any]) -> str:
    if values.dtype == object:
        _keep_texts(arrays, at, values)
        return "text"
    arrays[at] = values
    return str(values.dtype)


def _keep_index(arrays: Arrays, at: str, index: npt.NDArray[np.int32]) -> str:
    """Counting from nought is most common and worth no array."""
    if np.array_equal(index, np.arange(len(index))):
        return "counted"
    arrays[at] = index
    return "kept"


def _keep_texts(arrays: Arrays, at: str, texts: Sequence[str] | npt.NDArray[Any]) -> None:
    """Texts as bytes and where each ends: arrays of texts would lose zeros at their ends."""
    coded = [text.encode("utf-8", "surrogatepass") for text in texts]
    arrays[at] = np.frombuffer(b"".join(coded), np.uint8)
    arrays[f"{at}.ends"] = np.cumsum([len(c) for c in coded], dtype=np.int64)


def _texts(arrays: Mapping[str, npt.NDArray[Any]], at: str) -> list[str]:
    whole, ends = np.asarray(arrays[at], np.uint8).tobytes(), np.asarray(arrays[f"{at}.ends"]).tolist()
    return [whole[start:end].decode("utf-8", "surrogatepass") for start, end in zip([0, *ends[:-1]], ends, strict=True)]
