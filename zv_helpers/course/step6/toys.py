"""The toy of step 6's first exercise."""

import numpy as np

from ...heatmaps import box_of

# The hot place is a 2 × 3 block; the single 0.8 on the right is not connected with it.
TOY = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.8],
        [0.0, 0.6, 1.0, 0.7, 0.0, 0.0],
        [0.0, 0.5, 0.9, 0.6, 0.0, 0.0],
        [0.0, 0.0, 0.3, 0.0, 0.0, 0.0],
    ]
)
TOY_BOX = box_of(TOY, 0.5)
