"""Whether one run is really better than another."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from imdb_core.comparison import (
    SIGNIFICANCE,
    Judged,
    differing_settings,
    holm,
    mcnemar_p_value,
    verdicts,
    why_incomparable,
)
from imdb_core.config import TrainConfig
from imdb_core.runs.run import Change, Run
from imdb_core.ui.runs.compare import spelled_course
from tests.browser.homes import lend, train

SHORT = TrainConfig(source="sample", max_epochs=2, learning_rate=3e-3)


@pytest.fixture(scope="module")
def runs(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    home = tmp_path_factory.mktemp("compared") / "home"
    lend(sample_home, "sample", home)
    changes: list[dict[str, object]] = [
        {}, {"seed": 1, "hidden_size": 4}, {"validation_fraction": 0.1},
    ]  # fmt: skip
    return [
        train(home, SHORT.changed(**changed), label=name)
        for name, changed in zip("ABC", changes, strict=True)
    ]


@pytest.mark.parametrize(
    ("only_one", "only_other", "p_value", "digits"),
    [
        # Approval of a prime minister (Agresti), by R's exact2x2::mcnemar.exact.
        (150, 86, 3.716e-05, 4),
        # The example in statsmodels' documentation, mcnemar(exact=True).
        (121, 59, 4.434e-06, 4),
        # By hand: 2 / 2**5; (1 + 6) * 2 / 2**6; both sides of an even split.
        (0, 5, 0.0625, 12),
        (1, 5, 0.21875, 12),
        (7, 7, 1.0, 12),
        (0, 0, 1.0, 12),
    ],
)
def test_mcnemars_test_gives_published_values(
    only_one: int, only_other: int, p_value: float, digits: int
) -> None:
    for pair in ((only_one, only_other), (only_other, only_one)):
        assert mcnemar_p_value(*pair) == pytest.approx(p_value, rel=10.0**-digits * 5)


@pytest.mark.parametrize("pair", [(3, 9), (210, 250), (1_000, 1_100), (6_000, 6_400)])
def test_mcnemars_test_is_scipys_binomial_test(pair: tuple[int, int]) -> None:
    expected = binomtest(pair[0], sum(pair), 0.5).pvalue
    assert mcnemar_p_value(*pair) == pytest.approx(expected, rel=1e-9)


def test_holms_adjustment_gives_the_values_of_rs_p_adjust() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def right(*places: int) -> Judged:
    is_right = np.zeros(20, dtype=bool)
    is_right[list(places)] = True
    return Judged(rows=np.arange(20), is_right=is_right)


def test_the_best_is_held_against_each_of_the_others(runs: list[Run]) -> None:
    a, b, c = runs
    few, most, some = right(*range(3)), right(*range(12)), right(*range(1, 13))
    against_some, against_few = verdicts([(a, few), (b, most), (c, some)])

    assert (against_some.better, against_some.other) == ("B", "C")
    assert (against_some.only_better, against_some.only_other, against_some.reviews) == (1, 1, 20)
    assert against_some.headline == "B and C: within noise"
    # 10 to 1 parts "some" and "few" less surely, 1 to 1 parts "most" and "some" not at all;
    # 9 to 0 parts "most" and "few": 2 / 2**9, and it is the surest of three pairs.
    assert against_few.p_value == pytest.approx(3 * 2 / 2**9)
    assert against_few.headline == "B beats A"
    assert against_few.reasons == (
        "60.0% against 15.0% of 20 validation reviews. Only the first is right on 9, only the "
        "second on 0; chance alone parts two equally good networks that far once in 100 "
        "(p = 0.01)."
    )


def test_runs_on_other_reviews_are_not_tested_and_it_is_said_why(runs: list[Run]) -> None:
    a, b, c = runs
    assert why_incomparable(a, b) is None
    assert why_incomparable(a, c) == (
        "A and C were validated on different reviews (20% and 10% of the data kept aside), so no "
        "test is possible."
    )


def test_only_settings_that_differ_are_told(runs: list[Run]) -> None:
    assert {spec.name: values for spec, values in differing_settings(runs)} == {
        "hidden_size": [((1, 8),), ((1, 4),), ((1, 8),)],
        "seed": [((1, 42),), ((1, 1),), ((1, 42),)],
        "validation_fraction": [((1, 0.2),), ((1, 0.2),), ((1, 0.1),)],
    }


def test_a_setting_that_was_changed_on_the_way_is_told_with_both_values(runs: list[Run]) -> None:
    steady = runs[0]
    config = steady.config.changed(learning_rate=0.0005)
    change = Change(epoch=4, settings={"learning_rate": 0.0005}, config=config)
    changed = replace(steady, changes=(change,))
    ((spec, courses),) = differing_settings([steady, changed])
    before = steady.config.learning_rate
    assert (spec.name, courses) == ("learning_rate", [((1, before),), ((1, before), (5, 0.0005))])
    assert spelled_course(courses[1]) == f"{before:g}, from epoch 5 on 0.0005"


def test_of_equal_networks_one_is_seldom_said_to_be_better(runs: list[Run]) -> None:
    """The best of five is chosen on the very reviews that it is tested on."""
    generator = np.random.default_rng(5)
    reviews, tries = 1_000, 300
    alarms = 0
    for _ in range(tries):
        chance_of_right = generator.uniform(0.5, 1.0, reviews)
        judged = [
            Judged(rows=np.arange(reviews), is_right=generator.random(reviews) < chance_of_right)
            for _ in range(5)
        ]
        found = verdicts([(runs[0], each) for each in judged])
        alarms += any(not verdict.is_noise for verdict in found)
    assert alarms / tries <= SIGNIFICANCE
