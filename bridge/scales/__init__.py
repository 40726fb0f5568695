"""Mathematics between scales: transfer, multiresolution, separation, surrogates. Knows nothing of runs and stores."""
