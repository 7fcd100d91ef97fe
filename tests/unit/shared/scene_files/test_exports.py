import pytest

from components.compress.settings import CompressSettings
from components.shared.errors import InputError
from components.shared.scene_files.exports import export_name, wanted_formats


@pytest.mark.parametrize("text", ["spz,sog,lod", " LOD, spz ,sog,spz,", "sog,spz,lod"])
def test_names_come_in_one_order_and_once(text):
    assert wanted_formats(text) == ("sog", "spz", "lod")


@pytest.mark.parametrize(("name", "file"), [("spz", "scene.spz"), ("lod", "lod/lod-meta.json")])
def test_each_format_has_a_final_name(name, file):
    assert export_name(name) == file


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"compress\.formats: 'spx' is no format of scenes") as caught:
        CompressSettings(formats="sog,spx")
    assert caught.value.remedy.startswith("Did you mean spz? There are sog, ")


def test_equal_wishes_are_equal_settings():
    assert CompressSettings(formats="spz").to_text() == CompressSettings(formats=" SOG,spz").to_text()
    assert CompressSettings(formats="").to_text() == CompressSettings().to_text()
    text = CompressSettings(formats="spz,lod").to_text()
    assert CompressSettings.from_text(text).formats == "sog,spz,lod"
