"""What plugin authors test with."""

from bridge.testing.models import ModelFault, arguments, check_model, same
from bridge.testing.plain import plain
from bridge.testing.programs import external_files, external_results
from bridge.testing.transfers import Laws, TransferFault, check_transfer

__all__ = [
    "Laws",
    "ModelFault",
    "TransferFault",
    "arguments",
    "check_model",
    "check_transfer",
    "external_files",
    "external_results",
    "plain",
    "same",
]
