"""The seismogram that the solver's are held against."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="session")
def closed_form():
    """Seismogram behind a slab, its echoes among it, by Fourier series over a time that no echo outlasts."""

    def seismogram(velocity, frequency, time, wavelet, background=2000.0, thickness=1000.0, distance=500.0):
        count, interval = 1 << 18, time[1]
        emitted = np.fft.rfft(wavelet.at(np.arange(count) * interval - wavelet.width(frequency), frequency))
        angular = 2 * np.pi * np.fft.rfftfreq(count, interval)
        reflected = (velocity - background) / (velocity + background)
        through = (1 - reflected**2) * np.exp(-1j * angular * (thickness / velocity + 2 * distance / background))
        echoes = 1 - reflected**2 * np.exp(-2j * angular * thickness / velocity)
        return np.fft.irfft(emitted * through / echoes, count)[: time.size]

    return seismogram
