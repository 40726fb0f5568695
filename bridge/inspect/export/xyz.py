"""Structures as extended XYZ, through ASE.

ASE writes more than it reads back: arrays whose names hold a space, empty texts, complex numbers. What is written
here has been read back and compared; whatever does not come back is left behind and named.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np

#: The format has eight decimals. What is smaller than this part of the largest value may be lost, and no more.
_PART = 1e-6
_OWN = ("numbers", "positions")


def text_of(atoms: Any) -> tuple[str | None, list[str]]:
    """Atoms in extended XYZ, and what of them it does not hold; None where not even positions come back."""
    left = ["the cell's displacement"] if atoms.get_celldisp().any() else []
    plain = atoms.copy()
    for key in [key for key in plain.info if type(key) is not str]:
        del plain.info[key]
        left.append(f"info[{key!r}]")
    text = _trial(plain)
    if text is not None:
        return text, left
    for where, names in (("arrays", [k for k in plain.arrays if k not in _OWN]), ("info", [*plain.info])):
        for name in names:
            if _trial(_alone(plain, where, name)) is None:
                del getattr(plain, where)[name]
                left.append(f"{where}[{name!r}]")
    if plain.constraints and _trial(plain) is None:
        left.append(f"constraints ({', '.join(type(c).__name__ for c in plain.constraints)})")
        plain.set_constraint()
    return _trial(plain), left


def _alone(atoms: Any, where: str, name: str) -> Any:
    """The same atoms with one of their arrays, or one entry of their info, and no other."""
    from ase import Atoms

    bare = Atoms(numbers=atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    getattr(bare, where)[name] = getattr(atoms, where)[name]
    return bare


def _trial(atoms: Any) -> str | None:
    """The text, if ASE reads from it what went in."""
    import ase.io

    written = io.StringIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # ASE warns of what it skips
            ase.io.write(written, atoms, format="extxyz")
            back: Any = ase.io.read(io.StringIO(written.getvalue()), format="extxyz", index=0)
            written.getvalue().encode()
    except Exception:  # ASE fails in many ways on what its own writer let pass
        return None
    computed = back.calc.results if back.calc else {}  # energies and forces are read as a calculation
    pairs = [(value, back.arrays.get(k, computed.get(k))) for k, value in atoms.arrays.items()]
    pairs += [(value, back.info.get(k, computed.get(k))) for k, value in atoms.info.items()]
    pairs += [(np.asarray(atoms.cell), np.asarray(back.cell)), (atoms.pbc, back.pbc)]
    pairs.append(([str(c) for c in atoms.constraints], [str(c) for c in back.constraints]))
    return written.getvalue() if all(_same(*pair) for pair in pairs) else None


def _same(there: Any, back: Any) -> bool:
    if isinstance(there, (np.ndarray, np.generic, int, float)) and not isinstance(there, bool):
        one, other = np.asarray(there), np.asarray(back)
        if one.shape != other.shape or (one.dtype.kind in "iufb") != (other.dtype.kind in "iufb"):
            return False
        if one.dtype.kind != "f":
            return bool(np.array_equal(one, other))
        finite = np.abs(one[np.isfinite(one)])
        return bool(np.allclose(one, other, rtol=_PART, atol=_PART * finite.max(initial=0.0)))
    return bool((list(there) if isinstance(there, tuple) else there) == back)
