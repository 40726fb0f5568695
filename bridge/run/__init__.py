"""How it runs: stages as Prefect tasks, their models on Dask. The only place for either."""
