"""Hypothesis profiles: `ci` by default, `long` by HYPOTHESIS_PROFILE=long."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from sim.engine import unusable
from sim.experiment.runner import make_ready

COMMON = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # the machine's load decides it
    # without `explain`, which traces every line and so makes shrinking slow
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.register_profile("ci", COMMON, derandomize=True, max_examples=60)
settings.register_profile("long", COMMON, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session", autouse=True)
def _compiled_before_any_test() -> None:
    """Compile the engine once, so that no command that a test starts does."""
    if not unusable("compiled"):
        make_ready("compiled")
