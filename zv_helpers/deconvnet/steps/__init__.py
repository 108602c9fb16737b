"""The reversals of `rules` as TensorFlow operations: for whole maps, and for windows of one size.

What has none here is walked, see `engine`.
"""

from .step import Step as Step
from .step import window_of as window_of
from .table import step_of as step_of
from .table import steps_of as steps_of
