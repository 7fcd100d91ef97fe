import pytest
from PIL import Image

from tests.unit.ingest.samples import textured_image


def test_cameras_are_grouped_by_size_make_model_and_focal_length(tmp_path, run):
    folder = tmp_path / "photos"
    folder.mkdir()

    def save(name, seed, size=(320, 240), model="A", focal=28):
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = "Maker", model
        exif.get_ifd(0x8769)[0xA405] = focal
        textured_image(seed, *size).save(folder / name, exif=exif)

    save("1.jpg", 1)
    save("2.jpg", 2)
    save("3.jpg", 3, focal=50)
    save("4.jpg", 4, model="B")
    save("5.jpg", 5, size=(240, 320))
    content = run(folder)
    assert [image["camera_group"] for image in content["images"]] == [0, 0, 1, 2, 3]
    focal = {group["id"]: group["focal_length_px"] for group in content["camera_groups"]}
    assert focal[0] == pytest.approx(28 / 43.27 * 400)
    assert focal[1] == pytest.approx(50 / 43.27 * 400)
