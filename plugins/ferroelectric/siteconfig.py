"""How GPAW is built by `make dft`: one process, libxc, OpenBLAS and FFTW of the system."""

libraries = ["xc", "openblas", "fftw3"]
fftw = True
mpi = False
compiler = "gcc"  # said, it means C; unsaid, GPAW takes its C files for C++ and gcc does not find <algorithm>
