"""The toy of step 3's first exercise."""

import numpy as np

# The second window holds a tie (positions 2 and 7), the third nothing but zeros.
TOY = np.array([[1, 0, 6, 2], [8, 3, 4, 6], [0, 0, 1, 2], [0, 0, 5, 3]], float)
TOY_SWITCHES = np.array([[4, 2], [8, 14]])
