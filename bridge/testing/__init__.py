"""What plugin authors test with."""

from bridge.testing.models import ModelFault, arguments, check_model, same
from bridge.testing.plain import plain

__all__ = ["ModelFault", "arguments", "check_model", "plain", "same"]
