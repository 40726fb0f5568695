"""Waves through a slab in one dimension, and the slab's velocity from what a receiver heard.

=========================  ====================================================================
`waves.record`             seismogram at a receiver behind the slab
`waves.invert`             velocity of the slab from a seismogram, at one frequency
`waves.misfits`            misfit over all velocities, and how wide the basin around the true one is
`waves.cycle_skipping`     which way an inversion went at each frequency, with a picture
=========================  ====================================================================

Wiring and checking a flow imports the modules of these four, on numpy alone. Numerics that take long to
import are imported by a model when it runs: ``from bridge_waves import wave_kernel``, never ``from
bridge_waves.wave_kernel import march``, so that scalebridge sees whose code counts without importing it.
"""
