"""Copies of a Gaussian render together as the one did."""

import math

import pytest
import torch

from components.train.strategies.mcmc import MAX_COPIES, compute_relocation


@pytest.fixture
def relocated() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Old opacities, counts, and what opacities and scales became of them."""
    generator = torch.Generator().manual_seed(0)
    old = torch.cat([torch.rand(200, generator=generator) * 0.97 + 0.02, torch.tensor([0.5, 0.999, 0.999])])
    counts = torch.cat(
        [torch.randint(2, MAX_COPIES + 1, (200,), generator=generator), torch.tensor([2, 2, MAX_COPIES])]
    )
    new = compute_relocation(torch.logit(old), torch.zeros(203, 3), counts)
    return old, counts, torch.sigmoid(new["opacities"]), new["scales"].exp()


def factor_of_the_paper(old: float, new: float, count: int) -> float:
    """Equation 9, term by term."""
    total = 0.0
    for i in range(1, count + 1):
        for k in range(i):
            total += math.comb(i - 1, k) * (-1) ** k / math.sqrt(k + 1) * new ** (k + 1)
    return old / total


def test_scales_are_those_of_the_papers_double_sum(relocated):
    for old, count, new, scales in zip(*relocated, strict=True):
        exact = -math.expm1(math.log1p(-old.item()) / count.item())
        expected = factor_of_the_paper(old.item(), exact, count.item())
        assert scales.tolist() == pytest.approx([expected] * 3, rel=1e-4), (old, count, new)
        assert 0.1 < scales[0] < 1.0


def test_together_they_are_as_opaque_as_the_one_was(relocated):
    old, counts, new, _ = relocated
    untouched = new > 0.0051
    assert untouched.sum() > 150
    together = 1.0 - (1.0 - new.double()) ** counts
    torch.testing.assert_close(together[untouched].float(), old[untouched], rtol=1e-3, atol=1e-5)
    assert new.min() > 0.00499


def test_together_they_cover_as_much_along_a_line(relocated):
    x = torch.linspace(-12.0, 12.0, 4_001, dtype=torch.float64)
    for old, count, new, scales in list(zip(*relocated, strict=True))[::20]:
        if new < 0.0051:
            continue
        one = old * torch.exp(-0.5 * x**2)
        together = 1.0 - (1.0 - new * torch.exp(-0.5 * (x / scales[0]) ** 2)) ** count
        assert float(together.sum()) == pytest.approx(float(one.sum()), rel=1e-3)


def test_one_alone_stays_as_it_is():
    logits, scales = torch.tensor([-2.0, 0.0, 5.0]), torch.randn(3, 3)
    alone = compute_relocation(logits, scales, torch.ones(3, dtype=torch.long))
    torch.testing.assert_close(alone["opacities"], logits)
    torch.testing.assert_close(alone["scales"], scales)


def test_more_than_the_most_and_the_wholly_opaque_stay_finite():
    new = compute_relocation(torch.tensor([0.0, 40.0]), torch.zeros(2, 3), torch.tensor([500, 500]))
    assert all(torch.isfinite(values).all() for values in new.values())
    as_most = compute_relocation(torch.tensor([0.0]), torch.zeros(1, 3), torch.tensor([MAX_COPIES]))
    assert new["opacities"][0] == as_most["opacities"][0]
