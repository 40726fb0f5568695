"""The wave solver against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_waves.slab import Wavelet, record


@pytest.mark.parametrize("wavelet", Wavelet)
def test_a_seismogram_is_that_of_the_closed_form_to_second_order_in_the_spacing(wavelet, closed_form):
    errors = []
    for spacing in (20.0, 10.0, 5.0):
        heard = record(2531.6, 2.0, wavelet=wavelet, spacing=spacing)
        errors.append(np.abs(heard.pressure - closed_form(2531.6, 2.0, heard.time, wavelet)).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders == pytest.approx(2.0, abs=0.15)
    assert errors[-1] < 1e-3  # of a peak of 1 Pa


def test_without_a_slab_the_wavelet_itself_arrives_as_d_alembert_says():
    heard = record(2000.0, 5.0, wavelet=Wavelet.RICKER, spacing=1.0)
    expected = Wavelet.RICKER.at(heard.time - Wavelet.RICKER.width(5.0) - 2000.0 / 2000.0, 5.0)
    assert heard.pressure == pytest.approx(expected, abs=1e-3)


def test_the_slab_of_2531_6_m_s_is_crossed_0_105_s_sooner():
    """1000 m at 2531.6 instead of 2000 m/s, read off the peaks of the seismograms."""
    slow, fast = (record(v, 5.0, wavelet=Wavelet.RICKER) for v in (2000.0, 2531.6))
    peaks = [h.time[h.pressure.argmax()] for h in (slow, fast)]
    assert peaks[0] - peaks[1] == pytest.approx(0.105, abs=slow.time[1])


def test_nothing_comes_back_from_the_ends():
    """After the wave has passed, 1e-5 of its peak is left: what the wavelet was cut off with."""
    heard = record(2000.0, 5.0, wavelet=Wavelet.RICKER)
    passed = heard.time > 1.0 + 2 * Wavelet.RICKER.width(5.0)
    assert passed.sum() > 30
    assert np.abs(heard.pressure[passed]).max() < 1e-3


def test_all_velocities_share_one_time_axis():
    assert np.array_equal(record(1000.0, 5.0).time, record(5000.0, 5.0).time)


def test_a_length_that_is_no_multiple_of_the_spacing_is_refused_with_one_that_is():
    with pytest.raises(ValueError, match=r"thickness is 1003 m, which is no multiple .* Write spacing='4.99\d* m'"):
        record(2500.0, 2.0, thickness=1003.0)


def test_a_spacing_too_wide_for_the_wave_is_refused_with_one_that_is_not():
    with pytest.raises(ValueError, match=r"50 m leaves 4.0 nodes a wavelength at 5 Hz .* Write spacing='20 m'"):
        record(2500.0, 5.0, spacing=50.0)
