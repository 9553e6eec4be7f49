"""Hypothesis profiles: `ci` by default, `long` by HYPOTHESIS_PROFILE=long."""

import os

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow]  # the machine's load decides it, not the strategies

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=60, suppress_health_check=SLOW
)
settings.register_profile("long", deadline=None, max_examples=3000, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
