"""The rules on recorded curves of real trainings, each asked after every epoch."""

import pytest

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.training.coach import MOST_NOTES, Note, notes
from tests.unit.training.recorded_curves import FOLDER, RecordedCurve, recorded_curve

ALL = sorted(path.stem for path in FOLDER.glob("*.json"))
HEALTHY = ["notebook", "notebook_keras_order", "notebook_seed1", "notebook_seed2", "notebook_20",
           "gru8_default", "lstm8_default", "rnn_mean_max", "gru16_advised",
           "quick", "accurate"]  # fmt: skip
SPEAKS = {
    "rate_too_high": {"notebook_lr5e-3", "notebook_lr1e-1", "gru16_lr1e-1", "lstm32_250_lr1e-1"},
    "overfitting": {"lstm32_250", "lstm32_400", "lstm32_250_p5", "gru16_lr1e-2", "lstm32_over"},
    "rate_too_low": {"notebook_lr1e-5", "lstm8_lr1e-5"},
    "plateau": {"gru16", "notebook_patience20"},
}
ADVISED = ["notebook_patience20", "notebook_lr5e-3", "notebook_lr1e-5", "gru16", "gru16_lr1e-2",
           "lstm32_over", "lstm32_250_p5"]  # fmt: skip


def while_training(run: RecordedCurve) -> list[list[Note]]:
    """What is said after each epoch."""
    return [notes(run.config, run.epochs[:count]) for count in range(1, len(run.epochs) + 1)]


def at_the_end(run: RecordedCurve) -> list[Note]:
    return notes(run.config, run.epochs, ended=run.reason)


@pytest.mark.parametrize("name", PRESETS)
def test_the_curve_called_like_a_preset_is_the_presets(name: str) -> None:
    assert recorded_curve(name).config == PRESETS[name]


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_hears_nothing_at_any_epoch(name: str) -> None:
    assert not any(while_training(recorded_curve(name)))


@pytest.mark.parametrize("rule", SPEAKS)
def test_a_rule_speaks_first_on_its_own_curves_and_on_no_other_kind(rule: str) -> None:
    others = set().union(*SPEAKS.values(), HEALTHY) - SPEAKS[rule]

    assert {name for name in SPEAKS[rule] if at_the_end(recorded_curve(name))[0].rule == rule} == (
        SPEAKS[rule]
    )
    assert not [n for n in others if rule in {note.rule for note in at_the_end(recorded_curve(n))}]


@pytest.mark.parametrize("rule", ["rate_too_high", "rate_too_low"])
def test_what_another_learning_rate_did_is_not_held_against_the_one_in_force(rule: str) -> None:
    for name in SPEAKS[rule]:
        run = recorded_curve(name)
        assert rule in {note.rule for note in notes(run.config, run.epochs)}
        now = run.config.changed(learning_rate=2e-4)
        since = len(run.epochs) - 2
        assert rule not in {note.rule for note in notes(now, run.epochs, rate_since=since)}


@pytest.mark.parametrize("name", ALL)
def test_notes_are_few_and_speak_of_finished_epochs_and_of_settings_that_differ(name: str) -> None:
    run = recorded_curve(name)
    for epoch, said in enumerate([*while_training(run), at_the_end(run)], start=1):
        assert len(said) <= MOST_NOTES
        for note in said:
            assert 1 <= note.first_epoch <= note.last_epoch <= epoch
            changed = run.config.changed(**note.changes)  # raises if out of bounds
            assert changed.differences(run.config).keys() == note.changes.keys()


@pytest.mark.parametrize("name", ADVISED)
def test_what_is_advised_lowered_the_best_validation_loss(name: str) -> None:
    run, advised = recorded_curve(name), recorded_curve(f"{name}_advised")

    changes = at_the_end(run)[0].changes

    assert run.config.changed(**changes) == advised.config
    assert min(e.val_loss for e in advised.epochs) < min(e.val_loss for e in run.epochs)


def test_a_note_names_its_epochs_and_one_thing_to_try() -> None:
    (note,) = at_the_end(recorded_curve("lstm32_250"))

    assert (note.first_epoch, note.last_epoch) == (2, 3)
    assert note.text == (
        "Since epoch 2 the gap has widened: training loss 0.212 → 0.131, validation loss "
        "0.265 → 0.294. It learns the training reviews by heart."
    )
    assert (note.advice, note.changes) == ("Try weight decay 0.05.", {"weight_decay": 0.05})


def test_a_run_that_ended_while_it_improved_is_told_so() -> None:
    (note,) = at_the_end(recorded_curve("quick"))
    assert (note.rule, note.changes) == ("still_improving", {"max_epochs": 6})
    run = recorded_curve("notebook_20")

    (by_settings,) = at_the_end(run)
    (by_hand,) = notes(TrainConfig(), run.epochs, ended="user")

    assert by_settings.rule == by_hand.rule == "still_improving"
    assert by_settings.changes == {"max_epochs": 40}
    assert "Resume" in by_hand.advice
    assert not by_hand.changes


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        ({}, {"learning_rate": 2e-5}),
        ({"learning_rate": 1e-5}, {"gradient_clip": 1.0}),
        ({"learning_rate": 1e-5, "gradient_clip": 1.0}, {}),
    ],
)
def test_a_loss_that_is_no_number_is_all_that_is_spoken_of(
    settings: dict[str, float], changes: dict[str, float]
) -> None:
    config = PRESETS["notebook"].changed(**settings)
    epochs = recorded_curve("notebook").epochs[:3]

    (note,) = notes(config, epochs, ended="not_finite")

    assert (note.rule, note.first_epoch, note.changes) == ("not_finite", 4, changes)


def test_before_the_first_epoch_there_is_nothing_to_say() -> None:
    assert notes(TrainConfig(), []) == []
