import av
import numpy as np
import pytest
from PIL import Image, ImageFilter

from components.shared.errors import InputError
from tests.unit.ingest.samples import textured_image

FPS = 10


@pytest.fixture
def film(tmp_path):
    """A function that writes a film of 4 s in which every fifth frame is sharp."""

    def film(name="walk.mp4", *, rotation=0, metadata=None, seconds=4, codec="libx264"):
        wide = textured_image(1, 480, 240)
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            container.metadata.update(metadata or {})
            stream = container.add_stream(codec, rate=FPS)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            if rotation:
                stream.set_display_rotation(rotation)
            for number in range(seconds * FPS):
                image = wide.crop((number, 0, number + 320, 240))
                if number % 5 != 2:
                    image = image.filter(ImageFilter.GaussianBlur(2))
                container.mux(stream.encode(av.VideoFrame.from_image(image)))
            container.mux(stream.encode())
        return path

    return film


def test_the_sharpest_frame_of_each_interval(film, run):
    content = run(film(), max_video_frames_per_second=2)
    assert content["names"] == [f"images/frame_{number:06d}.jpg" for number in range(2, 40, 5)]
    assert content["ordered"] is True
    assert len(content["camera_groups"]) == 1


def test_no_more_frames_than_wanted(film, run):
    assert len(run(film(), max_video_frames=5)["names"]) == 5


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi"])
def test_a_film_without_a_suffix_is_known_by_its_content(film, run, tmp_path, container):
    film(f"walk.{container}").rename(tmp_path / "upload")
    assert len(run(tmp_path / "upload", max_video_frames=4)["names"]) == 4


def test_a_film_turned_by_its_phone_is_turned(film, run, tmp_path):
    content = run(film("walk.mov", rotation=-90))
    assert (content["images"][0]["width"], content["images"][0]["height"]) == (240, 320)
    name = content["names"][0]
    index = int(name[-10:-4])
    shown = np.asarray(Image.open(tmp_path / "artifacts" / "capture" / name).convert("L"), float)
    still = textured_image(1, 480, 240).crop((index, 0, index + 320, 240)).convert("L")
    errors = {
        turn: np.abs(shown - np.asarray(still.rotate(turn, expand=True), float)).mean() for turn in (90, -90)
    }
    # A display matrix of -90° asks for a quarter turn clockwise.
    assert errors[-90] < 0.5 * errors[90]


def test_when_it_was_taken(film, run):
    content = run(film(metadata={"creation_time": "2025-06-21T10:00:00.000000Z"}))
    times = [image["captured_at"] for image in content["images"]]
    assert times == sorted(times)
    assert times[0].startswith("2025-06-21T10:00:00")
    assert times[-1].startswith("2025-06-21T10:00:03")
    assert times[0].endswith("+00:00")


def test_a_webm(film, run):
    assert len(run(film("walk.webm", codec="libvpx", seconds=1))["names"]) == 3


def test_a_film_in_a_folder_alone(film, run, tmp_path):
    (tmp_path / "photos").mkdir()
    film().rename(tmp_path / "photos" / "walk.mp4")
    assert run(tmp_path / "photos")["ordered"] is True


def test_two_films(film, run, tmp_path):
    (tmp_path / "photos").mkdir()
    film("a.mp4", seconds=1).rename(tmp_path / "photos" / "a.mp4")
    film("b.mp4", seconds=1).rename(tmp_path / "photos" / "b.mp4")
    with pytest.raises(InputError, match="2 videos and no photos"):
        run(tmp_path / "photos")


def test_a_film_that_is_cut_off(film, run):
    path = film()
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"walk\.mp4 cannot be read as a video") as error:
        run(path)
    assert "Copy it again" in error.value.remedy


def test_text_named_mp4(tmp_path, run):
    (tmp_path / "walk.mp4").write_text("no film")
    with pytest.raises(InputError, match="cannot be read as a video"):
        run(tmp_path / "walk.mp4")


def test_a_film_of_larger_pictures_than_allowed(film, run):
    with pytest.raises(InputError, match="million pixels a frame"):
        run(film(), max_megapixels=0.05)
