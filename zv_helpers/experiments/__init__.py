"""Experiments on networks: pure functions of a network and photographs, a module for each."""
