"""Explain, compare, scenario, back-fill and check."""
