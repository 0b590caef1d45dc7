"""How long to wait before the next try: a pure generator. Knows nothing of what is tried."""

import random
from collections.abc import Callable, Iterator


def delays(
    first_s: float = 0.5, cap_s: float = 30.0, growth: float = 2.0, dice: Callable[[], float] = random.random
) -> Iterator[float]:
    """Endless seconds: each between half and all of `first_s · growth^n`, never above `cap_s`.

    The half that is chance keeps many clients of a venue that fell from coming back in one beat.
    """
    whole = first_s
    while True:
        yield whole * (0.5 + 0.5 * dice())
        whole = min(cap_s, whole * growth)
