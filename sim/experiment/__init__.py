"""Experiments: policies × replications over an executor, kept as a study."""

from sim.experiment.folder import open_study
from sim.experiment.runner import run
from sim.experiment.study import Study

__all__ = ["Study", "open_study", "run"]
