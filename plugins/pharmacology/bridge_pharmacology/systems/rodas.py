"""Rodas4P2: a Rosenbrock method of order 4 with six stages, stiffly accurate.

G. Steinebach, Improvement of Rosenbrock-Wanner method RODASP, in Progress in Differential-Algebraic Equations II
(Springer 2020), 165-184. In the form of Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.7:

    (I / (gamma h) - J) u_i = f(t + c_i h, y + sum_j a_ij u_j) + sum_j C_ij / h u_j + d_i h df/dt

The sixth stage starts from the fifth's point plus u_5; the new state is that point plus u_6, which is the difference
to the embedded method of order 3, too.
"""

from __future__ import annotations

GAMMA = 0.25
A = (
    (),
    (3.0,),
    (0.906377755268814, -0.189707390391685),
    (3.758617027739064, 1.161741776019525, -0.849258085312803),
    (7.089566927282776, 4.573591406461604, -8.423496976860259, -0.959280113459775),
)
C = (
    (),
    (-12.0,),
    (-6.354581592719008, 0.338972550544623),
    (-8.575016317114033, -7.606483992117508, 12.22499765012482),
    (-5.888975457523102, -8.157396617841821, 24.805546872612922, 12.790401512796979),
    (-4.408651676063871, -6.692003137674639, 24.625568527593117, 16.627521966636085, -5.714285714285718),
)
ABSCISSAE = (0.0, 0.75, 0.321448134013046, 0.519745732277726, 1.0, 1.0)
D = (0.25, -0.5, -0.189532918363016, 0.085612108792769, 0.0, 0.0)
