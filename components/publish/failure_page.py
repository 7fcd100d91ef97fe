"""`report.html` of a run that failed: one self-contained page with the cause and the remedy."""

from __future__ import annotations

from html import escape
from typing import Any

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
  td, th {{ text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }}
  small {{ color: #6b6b70 }}
</style>
<h1>This run made no scene</h1>
<p>{message}</p>
<p class="remedy"><b>What to do:</b> {remedy}</p>
{photos}
<p><small>{place}{type} · {again}</small></p>
</html>
"""


def render_failure_page(report: dict[str, Any]) -> str:
    """The page of a report whose `failure` is set."""
    failure = report["failure"]
    again = "another try can help" if failure["retryable"] else "another try as it is will not help"
    words = {name: escape(str(failure[name])) for name in ("type", "message", "remedy")}
    stage = escape(failure["stage"])
    place = f"Stage {stage} · " if stage else ""
    return _PAGE.format(**words, where=stage or "the run", place=place, again=again, photos=_photos(report))


def _photos(report: dict[str, Any]) -> str:
    """A table of the photos that were refused or found no place."""
    unused = [*(report["capture"]["rejected"] or []), *(report["sfm"]["unregistered"] or [])]
    if not unused:
        return ""
    rows = "\n".join(
        f"<tr><td>{escape(photo['name'])}</td><td>{escape(str(photo['verdict']))}</td></tr>"
        for photo in unused
    )
    return f"<h2>Photos that were not used</h2>\n<table>\n{rows}\n</table>"
