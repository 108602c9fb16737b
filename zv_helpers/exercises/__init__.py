"""Checks for the exercises of the notebooks, one module for each step."""
