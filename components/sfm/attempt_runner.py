"""One attempt: features and matches that its database does not have yet, then poses and points."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pycolmap

from components.sfm.attempt_progress import EXTRACT, MATCH, REGISTER, AttemptProgress
from components.sfm.capture import Capture
from components.sfm.configurations import Configuration, keeps_two_view_points
from components.sfm.features.create_database import create_database
from components.sfm.features.extract_features import KeypointColors, extract_features
from components.sfm.mapping.complete import complete
from components.sfm.mapping.consistency import agreement
from components.sfm.mapping.map_global import STEPS, map_global
from components.sfm.mapping.map_incremental import map_incremental
from components.sfm.matching.match_features import match_features
from components.sfm.matching.pairs import pairs_to_match
from components.sfm.matching.strong_pairs import copy_with_strong_pairs
from components.sfm.settings import SfmSettings
from components.sfm.snapshots import Snapshots
from components.shared.contracts.scene import Mapper, Matching
from components.shared.progress import OnProgress

_GLOBAL_STEPS = STEPS + 2  # points, and the last adjustment


@dataclass(slots=True)
class AttemptRunner:
    """Inputs of all attempts. Each feature effort has one database, which keeps features and matches."""

    capture: Capture
    scratch: Path
    settings: SfmSettings
    snapshots: Snapshots
    deadline: float
    """On the clock of `time.monotonic`."""
    colors: dict[Path, KeypointColors] = field(default_factory=dict)
    """By database."""
    _matched: set[tuple[Path, Matching]] = field(default_factory=set)

    def database(self, configuration: Configuration) -> Path:
        strong = "_strong" if configuration.matching == Matching.STRONG_PAIRS else ""
        return self.scratch / f"{configuration.features.effort}{strong}.db"

    def seconds_left(self) -> float:
        return self.deadline - time.monotonic()

    def progress(self, configuration: Configuration, on_progress: OnProgress) -> AttemptProgress:
        """Progress of what the configuration still has to do."""
        database = self.database(configuration)
        extracts = database not in self.colors
        matches = (database, configuration.matching) not in self._matched
        phases = [EXTRACT] * extracts + [MATCH] * matches + [REGISTER]
        return AttemptProgress(on_progress, phases)

    def match(self, configuration: Configuration, progress: AttemptProgress) -> None:
        """Extract and match what the database of the configuration does not have yet."""
        database, matching = self.database(configuration), configuration.matching
        if (database, matching) in self._matched:
            return
        if matching == Matching.STRONG_PAIRS:  # of those that the attempts before have matched
            whole = self.database(replace(configuration, matching=Matching.EXHAUSTIVE))
            copy_with_strong_pairs(whole, database)
            self.colors[database] = self.colors[whole]
        else:
            if database not in self.colors:
                self._extract(configuration, progress)
            self._match_pairs(configuration, progress)
        self._matched.add((database, matching))

    def _extract(self, configuration: Configuration, progress: AttemptProgress) -> None:
        database, photos, max_image_px = (
            self.database(configuration),
            len(self.capture.photos),
            self.settings.max_image_px,
        )
        colors = self.colors[database] = self.snapshots.restore(database)
        if colors:
            progress(EXTRACT, len(colors), photos, resumed=True)
        else:
            create_database(database, self.capture, max_image_px)

        def report(count: int) -> None:
            self.snapshots.save_if_due(database, colors)
            progress(EXTRACT, count, photos)

        extract_features(database, self.capture, max_image_px, configuration.features, colors, report)

    def _match_pairs(self, configuration: Configuration, progress: AttemptProgress) -> None:
        database, photos, seed = self.database(configuration), self.capture.photos, self.settings.seed
        pairs = pairs_to_match(photos, configuration.matching, database, seed=seed)

        def report(count: int) -> None:
            self.snapshots.save_if_due(database, self.colors[database])
            progress(MATCH, count, len(pairs))

        match_features(database, photos, pairs, seed=seed, on_count=report)

    def map(self, configuration: Configuration, progress: AttemptProgress) -> pycolmap.Reconstruction | None:
        """The largest model of the configuration's mapper; None if no two photos fit together."""
        database, photos = self.database(configuration), len(self.capture.photos)
        models = self._folder(configuration)
        if configuration.mapper == Mapper.GLOBAL:
            return self._map_globally(configuration, models, progress)
        return map_incremental(
            database,
            models,
            features=configuration.features,
            seed=self.settings.seed,
            max_seconds=self.seconds_left(),
            on_count=lambda count: progress(REGISTER, count, photos, "photos"),
        )

    def _map_globally(
        self, configuration: Configuration, models: Path, progress: AttemptProgress
    ) -> pycolmap.Reconstruction | None:
        database, seed, done = self.database(configuration), self.settings.seed, 0

        def step() -> None:
            nonlocal done
            done += 1
            progress(REGISTER, done, _GLOBAL_STEPS)

        poses = map_global(database, seed=seed, on_step=step)
        if poses is None:
            return None
        step()
        model = complete(
            poses,
            database,
            models,
            keep_two_view_points=self._has_two_view_points(configuration),
            min_inliers=configuration.features.min_inliers,
            seed=seed,
        )
        progress(REGISTER, _GLOBAL_STEPS, _GLOBAL_STEPS)
        return model

    def consistent_fraction(self, model: pycolmap.Reconstruction, configuration: Configuration) -> float:
        """Of the matches that the configuration's database has for the photos of `model`."""
        has_two_view_points = self._has_two_view_points(configuration)
        return agreement(
            model, self.database(configuration), has_two_view_points=has_two_view_points
        ).fraction

    def _has_two_view_points(self, configuration: Configuration) -> bool:
        """COLMAP's incremental mapper makes none."""
        return configuration.mapper == Mapper.GLOBAL and keeps_two_view_points(len(self.capture.photos))

    def _folder(self, configuration: Configuration) -> Path:
        parts = (configuration.matching, configuration.mapper, configuration.features.effort)
        path = self.scratch / "_".join(parts).replace(" ", "_")
        path.mkdir()
        return path
