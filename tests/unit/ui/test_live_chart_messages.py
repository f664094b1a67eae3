"""What the live chart's browser is sent, and the component in a page without a browser."""

from dataclasses import replace

import pytest
from imdb_core.ui.train.live_chart import ChartView, Ghost
from imdb_core.ui.train.live_chart.messages import Holding, as_holding, message
from streamlit.testing.v1 import AppTest

from imdb_core.training.records import EpochRecord


def records(count: int) -> list[EpochRecord]:
    return [
        EpochRecord(
            epoch=epoch,
            train_loss=0.7 - epoch / 1e4,
            val_loss=0.7 - epoch / 2e4,
            val_accuracy=0.5,
            improved=True,
            bad_epochs=0,
            best_epoch=epoch,
            train_seconds=0.1,
            val_seconds=0.1,
        )
        for epoch in range(1, count + 1)
    ]


VIEW = ChartView(
    run_id="2026-11-22_101530_k3f9",
    epochs=records(60),
    ghosts=[Ghost(id="g", name="g", val_loss=[0.7], train_loss=[float("nan")])],
)


def held(view: ChartView, epochs: int) -> Holding:
    whole = message(view, None)
    return Holding(series=whole["series"], epochs=epochs, scenery=whole["scenery_id"])


def test_who_has_reported_nothing_gets_everything() -> None:
    whole = message(VIEW, None)
    assert whole["first"] == 1
    assert whole["columns"]["val_loss"] == [record.val_loss for record in VIEW.epochs]
    assert whole["scenery"]["ghosts"][0]["train_loss"] == [None]


def test_who_has_fifty_epochs_gets_the_last_of_them_and_the_rest() -> None:
    rest = message(VIEW, held(VIEW, 50))
    assert rest["first"] == 50
    assert len(rest["columns"]["train_loss"]) == 11
    assert "scenery" not in rest


@pytest.mark.parametrize(
    "changed",
    [
        replace(VIEW, run_id="2026-11-23_101530_k3f9"),
        replace(VIEW, pinned_texts=["a"], pinned=[[0.5]] * 60),
        replace(VIEW, epochs=records(40)),
    ],
)
def test_another_run_another_pin_or_a_shorter_run_begins_anew(changed: ChartView) -> None:
    assert message(changed, held(VIEW, 50))["first"] == 1


@pytest.mark.parametrize("report", [None, 3, {}, {"series": "a", "epochs": "9", "scenery": ""}])
def test_a_report_that_is_none_counts_as_nothing_held(report: object) -> None:
    assert as_holding(report) is None


def test_a_page_draws_it_without_a_browser() -> None:
    def page() -> None:
        from imdb_core.ui.train.live_chart import ChartView, live_chart

        live_chart(ChartView(), key="chart")

    app = AppTest.from_function(page).run()
    app.run()
    assert not app.exception
