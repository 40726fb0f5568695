"""Pictures of sweeps and sensitivities, as PNG."""
