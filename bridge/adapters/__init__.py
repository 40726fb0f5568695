"""Adapters: functions and stateful classes from anywhere, unchanged, as models."""
