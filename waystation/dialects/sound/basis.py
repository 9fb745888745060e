"""By what a sound is paid for, as far as the meter must know."""

from typing import Literal

Basis = Literal["characters", "seconds", "tokens", "call"]
"""tokens: by nothing else, so that they are reckoned where the upstream tells none."""
