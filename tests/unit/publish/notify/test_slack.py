import json

from components.publish.notify.slack import slack_body
from tests.unit.publish.notify.messages import done, failed


def chat(message):
    body = json.loads(slack_body(message))
    (attachment,) = body["attachments"]
    return body["text"], attachment


def test_a_scene_is_announced_with_its_numbers_and_links():
    links = {"viewer": "https://scenes.example.org/garden/viewer.html", "scene": "s3://bucket/scene.sog"}
    figures = {"gaussians": 248490, "psnr_db": 27.314, "seconds": 5400, "cost_usd": 1.1, "bytes": 3_200_000}
    text, attachment = chat(done(links=links, figures={**figures, "ssim": None}))
    assert text == "✓ *garden is done*"
    assert {each["title"]: each["value"] for each in attachment["fields"]} == {
        "Gaussians": "248,490",
        "PSNR": "27.31 dB",
        "Scene": "3.2 MB",
        "Time": "1h30m",
        "Cost": "$1.10",
    }
    assert attachment["text"] == "<https://scenes.example.org/garden/viewer.html|viewer>"


def test_a_failure_has_its_cause_and_what_to_do():
    text, attachment = chat(failed())
    assert text.startswith("✗ *garden failed in ingest*")
    assert attachment["text"] == "2 photos\n*What to do:* Take more.\n`/out`"


def test_names_of_photos_cannot_call_the_channel():
    _, attachment = chat(failed("<!channel> & <@U1>.jpg"))
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;.jpg" in attachment["text"]


def test_a_cause_of_a_thousand_lines_is_cut():
    _, attachment = chat(failed("\n".join(f"photo {number}: blurred" for number in range(1000))))
    assert len(attachment["text"]) < 1700
    assert "photo 9: blurred" in attachment["text"]
    _, attachment = chat(done(details=[f"capture {number}" for number in range(100)]))
    assert "and 80 more" in attachment["text"]
