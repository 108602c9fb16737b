"""The toys of step 5."""

import numpy as np

# Products A · S of three feature maps of 4 × 4; channel last.
TOY = np.stack(
    [
        [[0, 0, 0, 0], [0, 4, 2, 0], [0, 2, 1, 0], [0, 0, 0, 0]],
        [[0, 0, 0, 0], [0, 1, 3, 0], [0, 0, 2, 0], [0, 0, 0, 0]],
        [[-2, -1, 0, 0], [-1, -1, 0, 0], [0, 0, 0, 0], [0, 0, 0, -1]],
    ],
    axis=2,
)

# Exercise 1: a map before it is brought to [0, 1].
RAW = np.array([[4.0, -2.0], [1.0, 0.0]])
