"""`report.html` of a run that failed: one self-contained page with the cause and the remedy."""

from __future__ import annotations

from html import escape

from components.shared.contracts.report import Report

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>No scene: {where} failed</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem;
         color: #1c1c1e; background: #fff }}
  h1 {{ font-size: 1.5rem; color: #b3261e }}
  p {{ white-space: pre-line }}
  .remedy {{ border-left: 4px solid #1a6e3c; padding-left: 1rem }}
  h2 {{ font-size: 1.1rem; margin: 1.6rem 0 .4rem }}
  ul {{ padding-left: 1.2rem; margin-top: 0 }}
  li {{ margin-bottom: .35rem }}
  body {{ overflow-wrap: anywhere }}
  td, th {{ text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }}
  small {{ color: #6b6b70 }}
</style>
<h1>This run made no scene</h1>
<p>{message}</p>
<p class="remedy"><b>What to do:</b> {remedy}</p>
{earlier}
{notes}
{photos}
<p><small>{place}{type} · {retry}</small></p>
</html>
"""


def render_failure_page(report: Report) -> str:
    """The page for a report whose `failure` is set."""
    failure = report.failure
    assert failure is not None, "only a failed run has this page"
    stage = escape(failure.stage)
    return _PAGE.format(
        type=escape(failure.type),
        message=escape(failure.message),
        remedy=escape(failure.remedy),
        where=stage or "the run",
        place=f"Stage {stage} · " if stage else "",
        retry="running again can help" if failure.retryable else "running again unchanged will not help",
        earlier=f"<p>{escape(report.earlier_scene_note)}</p>" if report.earlier_scene_note else "",
        notes=_notes(report),
        photos=_unused_photos(report),
    )


def _notes(report: Report) -> str:
    """A list of what the photographer should know of the capture; empty without anything."""
    sentences = [
        *report.capture.sentences(),
        *(report.inspection.notes or []),
        *report.inspection.sentences(),
    ]
    items = "\n".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<h2>About the capture</h2>\n<ul>\n{items}\n</ul>" if items else ""


def _unused_photos(report: Report) -> str:
    """A table of the rejected and the unregistered photos; empty without any."""
    rejected = [(photo.name, photo.verdict) for photo in report.capture.rejected or []]
    measured, expected = report.sfm.unregistered, report.inspection.unexpected
    unregistered = [(photo.name, photo.verdict) for photo in measured or expected or []]
    unused = [*rejected, *unregistered]
    if not unused:
        return ""
    rows = "\n".join(
        f"<tr><td>{escape(name)}</td><td>{escape(verdict)}</td></tr>" for name, verdict in unused
    )
    return f"<h2>Photos that were not used</h2>\n<table>\n{rows}\n</table>"
