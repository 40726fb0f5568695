"""The inputs of this plugin as a module that its tests can import."""

import importlib.util
import sys
from pathlib import Path

spec = importlib.util.spec_from_file_location("inputs_of_ase", Path(__file__).with_name("inputs.py"))
sys.modules["inputs_of_ase"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
