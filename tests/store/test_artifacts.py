"""What is put into an artifact comes out again, to the last bit, also without scalebridge."""

from __future__ import annotations

from dataclasses import make_dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import xarray
import zarr
from ase import Atoms
from checked import damage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from bridge import Q
from bridge.ports import record_of
from bridge.store.artifact import Artifact
from bridge.store.keys import value_digest
from bridge.store.metadata import CHUNK_BYTES
from bridge.store.store import Store
from bridge.store.view import Outputs

DTYPES = [np.float64, np.float32, np.float16, np.int64, np.int8, np.uint64, np.bool_, np.complex128, np.complex64]


def test_every_kind_comes_back_bit_for_bit(stored: tuple[Artifact, dict[str, Any]], everything: Any) -> None:
    artifact, values = stored
    record = record_of(type(everything))
    for port in record.ports:
        back = port.kind.deliver(artifact.value((port.name,)), port.kind, "next.port")
        assert value_digest(port.kind, back) == value_digest(port.kind, values[port.name]), port.name
        assert type(back) is type(values[port.name])
    assert damage(artifact) == []


def test_atoms_keep_their_constraints_arrays_and_info(stored: tuple[Artifact, dict[str, Any]]) -> None:
    artifact, values = stored
    back, original = artifact.value(("atoms",)), values["atoms"]
    assert isinstance(back, Atoms)
    assert back == original
    assert back.constraints[0].index.tolist() == [0, 2]
    assert back.get_celldisp().ravel().tolist() == [0.1, 0.2, 0.3]
    assert back.arrays.keys() == original.arrays.keys()
    assert all(back.arrays[name].dtype == array.dtype for name, array in original.arrays.items())
    assert back.info["stress"].dtype == np.float32
    assert {k: v for k, v in back.info.items() if k != "stress"} == {
        k: v for k, v in original.info.items() if k != "stress"
    }
    assert type(back.info["note"]) is tuple


def test_names_that_people_give_to_arrays_stay_inside_the_artifact(stored: tuple[Artifact, dict[str, Any]]) -> None:
    artifact, _ = stored
    outside = [p for p in Path(artifact.where).parents[2].rglob("*spins*") if p.is_file()]
    assert outside == []
    assert np.array_equal(artifact.value(("atoms",)).arrays["../../spins"], np.arange(600.0).reshape(200, 3))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), dtype=st.sampled_from(DTYPES), side=st.integers(0, 40))
def test_arrays_of_any_type_and_size_come_back(
    store: Store, put: Any, data: st.DataObject, dtype: Any, side: int
) -> None:
    finite = {"allow_nan": False, "allow_infinity": False} if np.dtype(dtype).kind in "fc" else None
    array = data.draw(hnp.arrays(dtype, (side, 3), elements=finite))
    holder = make_dataclass("Holder", [("a", Annotated[NDArray[dtype], "1", ("x", "y")])], frozen=True)
    artifact, values = put(store, holder(array), key=f"cd{np.random.default_rng().integers(2**62):062x}")
    back = artifact.value(("a",))
    assert back.dtype == values["a"].dtype
    assert back.shape == array.shape
    assert back.tobytes() == values["a"].tobytes()


def test_large_arrays_are_written_in_chunks(store: Store, put: Any) -> None:
    holder = make_dataclass("Holder", [("a", Annotated[NDArray[np.float64], "1", ("x", "y")])], frozen=True)
    array = np.arange(3 * CHUNK_BYTES // 8, dtype=float).reshape(1024, -1)
    artifact, _ = put(store, holder(array))
    assert len(artifact.objects) >= 4  # the array's zarr.json and at least three chunks
    assert np.array_equal(artifact.value(("a",)), array)


def test_it_opens_with_plain_zarr_with_names_and_units(stored: tuple[Artifact, dict[str, Any]]) -> None:
    artifact, values = stored
    group = zarr.open_group(artifact.where, mode="r", zarr_format=3)
    field = group["field"]
    assert isinstance(field, zarr.Array)
    assert field.metadata.dimension_names == ("x", "y")
    assert field.attrs["units"] == "K"
    assert np.array_equal(field[...], values["field"])
    ports = group.attrs["scalebridge"]["ports"]
    assert (ports["number"]["value"], ports["number"]["unit"]) == (0.1 + 0.2, "eV")


def test_every_stored_chunk_carries_a_checksum(stored: tuple[Artifact, dict[str, Any]]) -> None:
    artifact, _ = stored
    for name, found in zarr.open_group(artifact.where, mode="r").arrays():
        assert len(found.compressors) == 1, name
        codec = found.compressors[0].to_dict()
        assert codec["name"] == "crc32c" or codec["configuration"]["checksum"] is True, name


def test_numbers_with_units_are_quantities_and_datasets(stored: tuple[Artifact, dict[str, Any]]) -> None:
    artifact, values = stored
    outputs = Outputs(artifact, "stage")
    assert outputs.number == Q(0.1 + 0.2, "eV")
    assert outputs.outer.inner.rate.to("1/min").magnitude == 5e-324 * 60
    dataset = outputs.to_xarray()
    assert isinstance(dataset, xarray.Dataset)
    assert dataset["field"].dims == ("x", "y")
    assert dataset["field"].attrs == {"units": "K"}
    assert "outer.inner.curve" in dataset
    assert set(outputs) == {*values}


def test_a_value_no_json_holds_is_refused_by_name(store: Store, put: Any) -> None:
    from bridge.errors import ContractError

    holder = make_dataclass("Holder", [("a", Atoms)], frozen=True)
    odd = Atoms("H")
    odd.info["model"] = object()
    with pytest.raises(ContractError, match=r"info\.model"):
        put(store, holder(odd))
    assert not list((Path(store.address) / "tmp").iterdir())
