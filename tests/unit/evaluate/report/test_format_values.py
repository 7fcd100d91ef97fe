from components.evaluate.report import format_values


def test_values_have_units_and_few_digits():
    assert [format_values.size(n) for n in (999, 284_600, 3_160_000, 12_000_000_000)] == [
        "999 B",
        "285 kB",
        "3.16 MB",
        "12 GB",
    ]
    assert format_values.thousands(4_800) == "4800"
    assert format_values.thousands(248_490) == "248\u202f490"
    assert [format_values.axis_number(v) for v in (0.25, 1500, 2_000_000)] == ["0.25", "1.5k", "2M"]
    assert [format_values.nice_step(span, 4) for span in (0.3, 4.7, 12_000, 8)] == [0.1, 2.0, 5000.0, 2.0]
