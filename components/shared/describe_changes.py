"""What ingest changed in the pixels of photos, in sentences."""

from __future__ import annotations

from collections.abc import Mapping


def describe_changes(changes: Mapping[str, int], accepted: int) -> list[str]:
    """One sentence for the changes of all photos, and one for each that some of them got.

    changes: number of accepted photos by change. accepted: number of accepted photos.

        describe_changes({"HEIF to JPEG": 252, "16 bits to 8": 3}, 252)
        ["All 252 photos were converted: HEIF to JPEG.", "3 photos were converted: 16 bits to 8."]
    """
    of_all = [change for change, count in changes.items() if count == accepted > 1]
    of_some = {change: count for change, count in changes.items() if change not in of_all}
    sentences = [f"All {accepted} photos were converted: {', '.join(of_all)}."] if of_all else []
    return sentences + [
        f"{'1 photo was' if count == 1 else f'{count} photos were'} converted: {change}."
        for change, count in of_some.items()
    ]
