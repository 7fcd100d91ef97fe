import unicodedata
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.ingest.source.safe_names import DistinctNames, safe_name, shown_text

NOT_UTF_8 = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Bäume im Park/Foto 1 (2) #3 %20.jpg", "Bäume im Park/Foto 1 (2) #3 %20.jpg"),
        ("-rf {{$.x}} $HOME 'q' & ;.jpg", "-rf {{$.x}} $HOME 'q' & ;.jpg"),
        ("日本語 写真 📷.jpg", "日本語 写真 📷.jpg"),
        ("a\nb.jpg", "a_b.jpg"),
        ("a\tb\x00.jpg", "a_b_.jpg"),
        ("a\x1b[31m.jpg", "a_[31m.jpg"),
        ("photo\u202egpj.exe.jpg", "photo_gpj.exe.jpg"),
        (NOT_UTF_8, "caf_.jpg"),
        ("a\\b.jpg", "a_b.jpg"),
        ('a::b<c>d|e?f*g"h.jpg', "a__b_c_d_e_f_g_h.jpg"),
        ("../a.jpg", "_/a.jpg"),
        ("./a//b.jpg", "_/a/_/b.jpg"),
        ("trip. . /a.jpg ", "trip_/a.jpg_"),
        ("con.jpg", "con_.jpg"),
        ("AUX/Com1.tar.jpg", "AUX_/Com1_.tar.jpg"),
        ("nul /lpt9 .jpg", "nul_/lpt9_ .jpg"),
        ("console.jpg", "console.jpg"),
    ],
)
def test_names_become_safe(name, safe):
    assert safe_name(name) == safe


@pytest.mark.parametrize("letter", ["a", "я", "写", "📷"])
def test_a_long_name_keeps_its_beginning_and_its_suffix(letter):
    safe = safe_name(f"{letter * 250}.jpeg")
    assert 115 <= len(safe.encode()) <= 120
    assert safe.startswith(letter * 28)
    assert safe.endswith(f"{letter}.jpeg")


def test_of_a_long_path_the_last_folders_are_kept():
    safe = safe_name("/".join([f"folder {number:080}" for number in range(60)] + ["a.jpg"]))
    assert safe.endswith(f"folder {59:080}/a.jpg")
    assert 300 <= len(safe) <= 400


@given(st.text(st.characters(codec=None), max_size=400))
def test_any_text_becomes_a_name_for_every_system(text):
    safe = safe_name(text)
    assert safe == safe_name(safe)
    assert len(safe.encode()) <= 400
    assert not any(unicodedata.category(char)[0] == "C" for char in safe)
    path = PureWindowsPath(safe)
    assert not path.is_absolute()
    assert path.as_posix() == safe
    for part in safe.split("/"):
        assert 0 < len(part.encode()) <= 120
        assert part[-1] not in ". "
        assert not PureWindowsPath(part).is_reserved()


@pytest.mark.parametrize(
    ("names", "distinct"),
    [
        (["a.jpg", "a.jpg", "a.jpg"], ["a.jpg", "a~2.jpg", "a~3.jpg"]),
        (["A.jpg", "a.JPG"], ["A.jpg", "a~2.JPG"]),
        (["B/a.jpg", "b/A.jpg", "b/c.jpg"], ["B/a.jpg", "b/A~2.jpg", "b/c.jpg"]),
        (["\u00e9.jpg", "e\u0301.jpg"], ["\u00e9.jpg", "e\u0301~2.jpg"]),
        (["straße.jpg", "STRASSE.jpg"], ["straße.jpg", "STRASSE~2.jpg"]),
        (["a.jpg", "a.jpg/b.jpg"], ["a.jpg", "a.jpg~2/b.jpg"]),
        (["a.jpg/b.jpg", "a.jpg"], ["a.jpg/b.jpg", "a~2.jpg"]),
        (["x/a.jpg", "y/a.jpg"], ["x/a.jpg", "y/a.jpg"]),
    ],
)
def test_names_stay_apart_where_case_and_composition_do_not_count(names, distinct):
    taken = DistinctNames()
    assert [taken.add(name) for name in names] == distinct


def test_shown_text_cannot_control_a_terminal_or_turn_its_direction():
    assert shown_text("a\x1b[2Jb\u202ec\nd é 写") == "a_[2Jb_c_d é 写"
