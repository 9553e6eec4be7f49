"""Policies: named patches on one scenario, made of levers.

A lever changes keys; it gives no step another id and redraws nothing (docs/language.md,
"Policies"). `levers` says what is written; `officers`, `procedures`, `places` and `paths` do it;
`apply` puts changes together and tells what does not fit.
"""

from sim.scenario.policies.apply import apply, check_policies, stages, with_values

__all__ = ["apply", "check_policies", "stages", "with_values"]
