"""The pharmacology chain: dose, plasma, tissue, binding, signal and effect, for one patient or a thousand."""
