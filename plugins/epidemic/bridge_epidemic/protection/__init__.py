"""What a neutralisation level protects from: infection, and severe disease."""
