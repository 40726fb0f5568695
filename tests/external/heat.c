/* The heat equation u_t = D u_xx between two cold ends, by explicit steps, from sin(pi x / L) on.

   heat.in: length in m, diffusivity in m^2/s, cells, time step in s, steps, pause between hundredths in ms.
   -r goes on from heat.ckpt, which is written aside and renamed. At the end: heat.out and profile.txt. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    double length, diffusivity, dt;
    long cells, steps, pause, done = 0;
    if (argc > 1 && !strcmp(argv[1], "--version")) { puts("heat 1.4.2"); return 0; }
    FILE *in = fopen("heat.in", "r");
    if (!in || fscanf(in, "length %lf\ndiffusivity %lf\ncells %ld\ndt %lf\nsteps %ld\npause %ld", &length, &diffusivity,
                      &cells, &dt, &steps, &pause) != 6) {
        fprintf(stderr, "heat.in cannot be read\n");
        return 2;
    }
    double h = length / cells, r = diffusivity * dt / (h * h);
    double *u = calloc(cells + 1, sizeof *u), *v = calloc(cells + 1, sizeof *v);
    for (long i = 1; i < cells; i++) u[i] = sin(M_PI * i / cells);
    if (argc > 1 && !strcmp(argv[1], "-r")) {
        FILE *old = fopen("heat.ckpt", "rb");
        if (!old || fread(&done, sizeof done, 1, old) != 1 || fread(u, sizeof *u, cells + 1, old) != (size_t)cells + 1) {
            fprintf(stderr, "heat.ckpt cannot be read\n");
            return 3;
        }
        printf("went on from step %ld\n", done);
    }
    while (done < steps) {
        for (long i = 1; i < cells; i++) v[i] = u[i] + r * (u[i - 1] - 2 * u[i] + u[i + 1]);
        memcpy(u, v, (cells + 1) * sizeof *u);
        if (++done % (steps / 100 ? steps / 100 : 1) == 0) {
            FILE *aside = fopen("heat.ckpt.new", "wb");
            fwrite(&done, sizeof done, 1, aside);
            fwrite(u, sizeof *u, cells + 1, aside);
            fclose(aside);
            rename("heat.ckpt.new", "heat.ckpt");
            usleep(pause * 1000);
        }
    }
    FILE *out = fopen("heat.out", "w"), *profile = fopen("profile.txt", "w");
    fprintf(out, "stability number %.17g\namplitude %.17g\nsteps %ld\n%s\n", r, u[cells / 2], done,
            r <= 0.5 ? "stable" : "UNSTABLE");
    fprintf(profile, "# x in mm, temperature\n");
    for (long i = 0; i <= cells; i++) fprintf(profile, "%.17g %.17g\n", 1e3 * i * h, u[i]);
    return fclose(out) || fclose(profile);
}
