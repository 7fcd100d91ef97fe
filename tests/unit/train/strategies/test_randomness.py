import pytest
import torch

from components.train.strategies.randomness import Purpose, Randomness

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("purpose", "word"),
    [
        (Purpose.BACKGROUNDS, 0x626B67),
        (Purpose.MCMC, 0x6D6376),
        (Purpose.NOISE, 0x6E6F69),
        (Purpose.SPLIT, 0x73706C),
    ],
)
def test_the_seeds_of_purposes_stay(purpose, word):
    """Others would change the results of training."""
    assert purpose.word == word


def test_numbers_follow_from_seed_purpose_and_step():
    def draw(seed: int = 0, purpose: Purpose = Purpose.NOISE, step: int = 3) -> float:
        return float(torch.rand((), generator=Randomness(seed, purpose, CPU).at(step)))

    assert draw() == draw()
    assert len({draw(), draw(seed=1), draw(purpose=Purpose.SPLIT), draw(step=4)}) == 4
