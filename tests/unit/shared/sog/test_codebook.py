import numpy as np

from components.shared.sog.codebook import fit_codebook, quantize


def test_few_values_are_their_own_codebook():
    codebook = fit_codebook(np.array([[3.5, -1.0], [2.0, 2.0]], np.float32))
    np.testing.assert_array_equal(codebook[:3], [-1.0, 2.0, 3.5])
    np.testing.assert_array_equal(codebook[3:], np.full(253, 3.5))


def test_entries_have_six_digits():
    codebook = fit_codebook(np.array([1 / 3, 123456.789]))
    np.testing.assert_array_equal(codebook[:2], [0.333333, 123457.0])


def test_many_values_are_a_step_of_a_fine_grid_away_at_most():
    values = np.linspace(0.0, 1.0, 10_000)
    codebook = fit_codebook(values)
    assert (np.diff(codebook) > 0).all()
    errors = np.abs(codebook[quantize(codebook, values)] - values)
    assert errors.max() < 1.2 * 0.5 / 256


def test_the_codebook_is_denser_where_values_are():
    values = np.concatenate([np.linspace(0, 1, 9_000), np.linspace(1, 10, 1_000)])
    codebook = fit_codebook(values)
    below = int(np.sum(codebook < 1))
    # Density 9000 to 111 a unit: entries as its cube root, 4.3 to 1, on a span of 1 to 9.
    assert 60 < below < 110


def test_entries_are_weighted_means():
    values, is_even = np.arange(512.0), np.arange(512) % 2 == 0

    def error_of_even_values(weights: np.ndarray) -> float:
        codebook = fit_codebook(values, weights)
        return float(np.abs(codebook[quantize(codebook, values)] - values)[is_even].mean())

    # Pairs of neighbors share an entry: halfway between both, or at the one with the larger weight.
    assert error_of_even_values(np.ones(512)) > 0.3
    assert error_of_even_values(np.where(is_even, 1e6, 1.0)) < 0.05


def test_values_are_quantized_to_the_nearest_entry():
    codebook = np.arange(256.0)
    indices = quantize(codebook, np.array([[-5.0, 0.4], [0.6, 300.0]]))
    assert indices.dtype == np.uint8
    np.testing.assert_array_equal(indices, [[0, 0], [1, 255]])


def test_a_few_extreme_values_get_entries_of_their_own_and_cost_the_others_few():
    values = np.random.default_rng(0).normal(size=5000)
    extreme = np.array([90.0, -70.0])
    alone = fit_codebook(values)
    together = fit_codebook(np.concatenate([values, extreme]))
    error, error_together = (
        np.abs(book[quantize(book, values)] - values).mean() for book in (alone, together)
    )
    assert error_together < 1.1 * error
    np.testing.assert_allclose(together[quantize(together, extreme)], extreme, rtol=1e-5)
