"""Figures of a study. This package alone imports matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

from matplotlib.figure import Figure

from sim.errors import InputError
from sim.experiment.folder import Folder
from sim.experiment.study import Study
from sim.plots.course import open_dossiers
from sim.plots.forest import forest
from sim.plots.lateness import lateness
from sim.plots.moved import moved
from sim.plots.outcomes import outcomes
from sim.plots.page import COLOURS, styled
from sim.plots.staffing import chance, frontier
from sim.plots.sweep import MOST_PATHS, sweep
from sim.plots.tornado import tornado
from sim.plots.turnaround import turnaround
from sim.plots.utilisation import utilisation
from sim.plots.waiting import waiting
from sim.scenario.words import did_you_mean
from sim.staffing import StaffingPlan
from sim.sweep import is_grid, is_one_at_a_time, points_of

FileFormat = Literal["png", "svg"]

FIGURES: Mapping[str, Callable[[Study], Figure]] = {
    "outcomes": outcomes,
    "open": open_dossiers,
    "waiting": waiting,
    "turnaround": turnaround,
    "utilisation": utilisation,
    "lateness": lateness,
    "forest": forest,
    "moved": moved,
    "sweep": sweep,
    "tornado": tornado,
}
"""Each figure's name and the function that draws it."""

_DATES: Mapping[FileFormat, dict[str, Any]] = {"png": {}, "svg": {"Date": None}}
"""What keeps the clock out of the files: the same study gives the same bytes."""


def suitable(study: Study) -> list[str]:
    """Name the figures that say something of a study.

    Those that tell policies apart do so for any study but a sweep of more than colours tell apart;
    those of differences need two policies.
    """
    points = points_of(study.plan)
    own = {
        "sweep": is_grid(points) and len(points[0].values) <= MOST_PATHS,
        "tornado": is_one_at_a_time(points),
    }
    is_large = len(points) >= COLOURS
    own |= dict.fromkeys(("forest", "moved"), len(study.plan.policies) > 1 and not is_large)
    return [name for name in FIGURES if own.get(name, not is_large)]


def draw_figures(study: Study, names: Iterable[str], file_format: FileFormat = "png") -> list[Path]:
    """Draw figures into a study's folder.

    Parameters
    ----------
    study
        A study that is kept in a folder.
    names
        Names in `FIGURES`.
    file_format
        The files' format.

    Returns
    -------
    list of Path
        The files, each written whole or not at all.

    Raises
    ------
    InputError
        If there is no such figure, or the study has no folder or it cannot be written.
    """
    wanted = list(dict.fromkeys(names))
    unknown = [
        f"there is no figure `{name}`{did_you_mean(name, FIGURES)}"
        for name in wanted if name not in FIGURES
    ]  # fmt: skip
    if unknown:
        raise InputError(*unknown)
    if study.folder is None:
        raise InputError("figures are kept in a study's folder; run the study with one")
    return _kept(((name, FIGURES[name](study)) for name in wanted), study.folder, file_format)


def draw_staffing(
    plan: StaffingPlan, study: Study, folder_path: Path, file_format: FileFormat = "png"
) -> list[Path]:
    """Draw what a search for staff found into a study's folder.

    Parameters
    ----------
    plan
        What it found.
    study
        The study whose plan the titles and footnotes tell; its tables may be empty.
    folder_path
        The study's folder.
    file_format
        The files' format.

    Returns
    -------
    list of Path
        The files ``frontier`` and, of a search for a target, ``chance``.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    figures = [("frontier", frontier(plan, study))]
    if plan.target is not None:
        figures.append(("chance", chance(plan, study)))
    return _kept(figures, folder_path, file_format)


def _kept(
    figures: Iterable[tuple[str, Figure]], folder_path: Path, file_format: FileFormat
) -> list[Path]:
    folder = Folder(folder_path)
    files = []
    for name, figure in figures:
        try:
            file = folder.write(
                f"figures/{name}.{file_format}",
                partial(_write, figure, file_format=file_format),
            )
        except OSError as error:
            raise InputError(f"{folder_path} cannot be written: {error.strerror}") from None
        files.append(file)
    return files


def _write(figure: Figure, target: Path, *, file_format: FileFormat) -> None:
    with target.open("wb") as file:
        save(figure, file, file_format)


def save(figure: Figure, file: BinaryIO, file_format: FileFormat) -> None:
    """Write a figure to an open file."""
    with styled():
        figure.savefig(file, format=file_format, metadata=_DATES[file_format])
