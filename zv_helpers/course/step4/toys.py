"""The toys of step 4's exercises."""

import numpy as np

from ...deconvnet import RULES, rectify

# Exercise 1: a 2×2 pool that moves by one, so its windows overlap.
MAPS = np.array([[7, 2, 0], [4, 5, 3], [0, 1, 6]], float)
SIGNAL = np.array([[2, -1], [4, 3]], float)

# Exercise 2: one signal, the feature maps of the forward pass, and what three rules made of them.
ROW_SIGNAL = np.array([[-2, 4, 1, -3]], float)
ROW_MAPS = np.array([[3, 0, 5, 0]], float)
_ROW = {rule: rectify(ROW_SIGNAL, ROW_MAPS, rule) for rule in RULES}
RULE_OF = {"A": "gradient", "B": "deconvnet", "C": "guided"}
RESULTS = {name: _ROW[rule] for name, rule in RULE_OF.items()}
