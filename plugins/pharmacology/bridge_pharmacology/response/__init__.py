"""From binding over a signal to an effect."""
