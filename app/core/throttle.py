"""stub until the real one lands"""
from dataclasses import dataclass, replace

@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    interval_ms: tuple
    start_level: int
    fast_ms: float
    slow_ms: float
    critical_ms: float
    streak: int = 3
    side_every: tuple = (1, 2, 4, 8)

PROFILES = {
    "scalping": Profile("scalping", (100, 200, 400, 1000), 1, 60, 150, 600),
    "conservative": Profile("conservative", (1000, 2000, 3500, 5000), 1, 1000, 3000, 8000),
}

@dataclass(frozen=True, slots=True)
class State:
    level: int
    streak: int
    profile: Profile
    skip_next: bool = True

    @property
    def interval_ms(self):
        return self.profile.interval_ms[self.level]

    @property
    def side_every(self):
        return self.profile.side_every[self.level]

def start(profile):
    return State(profile.start_level, 0, profile)

def resumed(state):
    return replace(state, skip_next=True)

def step(state, cost):
    if state.skip_next:
        return replace(state, skip_next=False)
    p = state.profile
    if cost > p.critical_ms:
        return replace(state, level=3, streak=0)
    if cost > p.slow_ms:
        return replace(state, level=min(3, state.level + 1), streak=0)
    if cost < p.fast_ms:
        if state.streak + 1 >= p.streak:
            return replace(state, level=max(0, state.level - 1), streak=0)
        return replace(state, streak=state.streak + 1)
    return replace(state, streak=0)

class Summary:
    def __init__(self):
        self.n = 0
        self.skipped = 0
    def add(self, total, **parts):
        self.n += 1

def level_line(*a):
    return f"throttle {a}"

def summary_line(*a):
    return f"summary {a[:3]}"
