"""Refuse a capture of too few photos, with the reasons and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from components.ingest.photos.recognize_panorama import REMEDY as LENS_REMEDY
from components.ingest.photos.recognize_panorama import is_unusable_lens
from components.ingest.settings import IngestSettings
from components.ingest.source.choose_photos import VIDEO_AMONG_PHOTOS, ChosenFiles
from components.ingest.source.list_source import SOURCES
from components.ingest.source.match_masks import PATTERN
from components.ingest.source.safe_names import shown_text
from components.shared.contracts.capture import CaptureImage, ImageVerdict
from components.shared.errors import InputError

_MAX_REASONS = 5
_MORE = "Walk around the scene and take 20 or more photos, each showing most of what the one before shows."
_REMEDIES = {
    ImageVerdict.UNSUPPORTED: "Export the photos as JPEG of best quality, with the camera maker's program or "
    "another that reads them, and give those.",
    ImageVerdict.UNREADABLE: "Make the photos available on this computer, with permission to read them.",
    ImageVerdict.BAD_MASK: "Give masks in the shape of the photos, or take them out of the capture.",
}
_DAMAGED = {ImageVerdict.CORRUPT, ImageVerdict.TRUNCATED, ImageVerdict.NOT_AN_IMAGE}


def require_photos(
    source: str, chosen: ChosenFiles, images: list[CaptureImage], settings: IngestSettings
) -> None:
    """
    Raises:
        InputError: `images`, all photos of the source with their verdicts, has too few accepted ones.
    """
    rejected = [image for image in images if not image.is_accepted]
    accepted = _places(images)
    if accepted >= settings.min_images:
        return
    if not images:
        raise _no_photos(source, chosen)
    raise InputError(
        f"{source}: {_too_few(images, accepted, settings)}{_reasons(rejected)}",
        remedy=_remedy(accepted, rejected, settings) + _give_video(chosen),
    )


def _no_photos(source: str, chosen: ChosenFiles) -> InputError:
    if chosen.archives:
        names = ", ".join(shown_text(name) for name in chosen.archives[:3])
        return InputError(
            f"{source} holds no photos, but {_count(chosen.archives, 'archive')}: {names}",
            remedy="Unpack it and give the folder, or give the archive itself.",
        )
    if chosen.masks:
        return InputError(
            f"{source} holds no photos, but {_count(chosen.masks, 'mask')}, {chosen.masks[0].name} first",
            remedy=f"Give the folder that holds the photos and their masks; {PATTERN}.",
        )
    others = f" among its {chosen.ignored} files" if chosen.ignored else ""
    return InputError(f"{source} holds no photos{others}", remedy=f"A capture is {SOURCES}.")


def _too_few(images: list[CaptureImage], accepted: int, settings: IngestSettings) -> str:
    copies = sum(image.verdict == ImageVerdict.DUPLICATE for image in images)
    count = accepted + sum(not image.is_accepted for image in images)
    if accepted == 1 and copies == count - 1 > 0:
        return f"all {count} photos show the same view; at least {settings.min_images} views are needed"
    return f"{accepted} of {count} photos can be used; at least {settings.min_images} are needed"


def _places(images: list[CaptureImage]) -> int:
    """Number of accepted photos; all views of one 360° photo count once, since they show no depth."""
    return len({image.rig.frame if image.rig else image.name for image in images if image.is_accepted})


def _remedy(accepted: int, rejected: list[CaptureImage], settings: IngestSettings) -> str:
    """What to do about the most frequent verdict, if without it there were enough photos."""
    if 2 * sum(is_unusable_lens(image.reason) for image in rejected) >= accepted + len(rejected):
        return LENS_REMEDY
    verdicts = Counter(image.verdict for image in rejected)
    remedy = _MORE
    if accepted + len(rejected) >= settings.min_images:
        ((most_frequent, _),) = verdicts.most_common(1)
        remedy = _REMEDIES.get(most_frequent, _MORE)
    return f"{remedy} Copy those again that are damaged." if _DAMAGED & set(verdicts) else remedy


def _give_video(chosen: ChosenFiles) -> str:
    """A further sentence of the remedy, if the capture has a video that is not used."""
    among = [image.name for image in chosen.rejected if image.reason == VIDEO_AMONG_PHOTOS]
    names = among + [shown_text(video.name) for video in chosen.live_videos]
    return f" To use a video and no photos, give it alone: {names[0]}." if names else ""


def _reasons(rejected: list[CaptureImage]) -> str:
    """The first reasons with the photo that each comes with first, and the numbers of all others."""
    groups: dict[tuple[ImageVerdict, str], list[str]] = {}
    for image in rejected:
        groups.setdefault((image.verdict, image.reason), []).append(image.name)
    lines, rest = [], Counter[ImageVerdict]()
    for index, ((verdict, reason), names) in enumerate(groups.items()):
        if index < _MAX_REASONS:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            lines.append(f"\n  {names[0]}{more}: {verdict} ({reason})")
        else:
            rest[verdict] += len(names)
    if rest:
        lines.append("\n  and " + ", ".join(f"{count} more {verdict}" for verdict, count in rest.items()))
    return "".join(lines)


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"
