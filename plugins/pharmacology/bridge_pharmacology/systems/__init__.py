"""Systems of differential equations: written as functions, derived, compiled and solved for many patients."""
