"""Settings as one line of text: typed, named when wrong, and refused before any work."""

import pytest

from components.train.options import check_options, parse_options
from components.train.settings import TrainSettings


def test_values_take_the_type_of_their_setting():
    assert parse_options(" sh_degree=2, ssim_lambda=0.1 ,half_size_until=0") == {
        "sh_degree": 2,
        "ssim_lambda": 0.1,
        "recipe": {"half_size_until": 0.0},
    }


def test_a_word_is_taken_as_it_is():
    assert parse_options("strategy=mcmc") == {"strategy": "mcmc"}
    with pytest.raises(ValueError, match="strategy is 'clone'"):
        check_options("strategy=clone")


def test_nothing_said_is_nothing_changed():
    assert parse_options("") == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sh_degree", "write NAME=VALUE"),
        ("shdegree=2", "'shdegree' is no setting of training; known are .*sh_degree.*half_size_until"),
        ("sh_degree=high", "sh_degree is 'high'; it must be a number"),
        ("sh_degree=4", "sh_degree is 4; it must be from 0 to 3"),
    ],
)
def test_what_is_wrong_is_named(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        check_options(text)


def test_choices_of_the_recipe_overrule_those_of_the_preset():
    told = TrainSettings(**parse_options("start_opacity=0.5")).plan("cuda").recipe
    usual = TrainSettings().plan("cuda").recipe
    assert told.start_opacity == 0.5 != usual.start_opacity
    assert told.start_width == usual.start_width
