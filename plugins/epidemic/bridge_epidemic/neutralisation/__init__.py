"""Antibodies against variants: measured potencies, apparent binding, and sera made of them."""
