"""From a mutation to a wave: antibodies, sera, protection, transmission, and epidemics of competing strains."""
