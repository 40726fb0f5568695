/* The integral of 4 / (1 + x^2) from 0 to 1 by the midpoint rule, shared among MPI ranks; rank 0 writes ranks.out. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int rank, ranks;
    long n = argc > 1 ? atol(argv[1]) : 1000000;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    double mine = 0, all = 0;
    for (long i = rank; i < n; i += ranks) {
        double x = (i + 0.5) / n;
        mine += 4 / (1 + x * x) / n;
    }
    if (argc > 2) usleep((useconds_t)(atof(argv[2]) * 1e6));
    MPI_Reduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    if (rank == 0) {
        const char *job = getenv("SLURM_JOB_ID");
        FILE *out = fopen("ranks.out", "w");
        fprintf(out, "ranks %d\nintegral %.15g\njob %s\n", ranks, all, job ? job : "none");
        fclose(out);
    }
    MPI_Finalize();
    return 0;
}
