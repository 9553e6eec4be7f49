"""The names of measures, by what they measure (docs/results.md)."""

from __future__ import annotations

LOST_TO = ("waiting", "closed", "work", "suspended", "transfer", "citizen")
LATE_HOURS = tuple(f"late_{kind}_hours" for kind in LOST_TO)
DOSSIER_MEASURES = (
    "received", "carried_over", "to_resolve", "resolved", "resolved_early", "resolved_on_time",
    "resolved_late", "resolved_late_by_law", "resolved_without_limit", "withdrawn",
    "open_within_limit", "open_overdue", "open_without_limit", "three_visits", "apologies",
    "resolved_late_announced", "resolved_late_again", "on_time_rate", "on_time_rate_of_resolved",
    "early_rate", "resolution_rate", "progress_766", "in_time_rate", "three_visits_rate",
    "turnaround_working_hours_mean", "turnaround_days_mean", "turnaround_days_p90",
    "lateness_working_hours_mean", "visits_mean", "wait_minutes_mean", "wait_minutes_p90",
    *LATE_HOURS,
)  # fmt: skip
STATION_MEASURES = (
    "served", "left", "wait_minutes_mean", "wait_minutes_p90", "queue_mean", "queue_max",
    "utilisation", "overtime_hours", "over_allotment", *LATE_HOURS,
)  # fmt: skip
POOL_MEASURES = ("utilisation", "served", "overtime_hours")
ALL_MEASURES = tuple(dict.fromkeys((*DOSSIER_MEASURES, *STATION_MEASURES, *POOL_MEASURES)))
SHARES = (
    "on_time_rate", "on_time_rate_of_resolved", "early_rate", "resolution_rate", "in_time_rate",
    "three_visits_rate", "utilisation",
)  # fmt: skip
"""Measures that are shares."""
