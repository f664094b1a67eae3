import pytest

from imdb_core.config import PRESETS, TrainConfig, field_specs
from imdb_core.errors import ConfigError


def test_every_fault_is_reported_with_label_value_and_rule() -> None:
    with pytest.raises(ConfigError) as caught:
        TrainConfig.parse({"patience": 0, "cell": "cnn", "learning_rate": "nan", "colour": 1})

    faults = sorted(caught.value.faults)
    assert len(faults) == 4
    assert faults[0] == "Cell (cell) is 'cnn', but must be one of rnn, gru, lstm."
    assert faults[1].startswith("Learning rate (learning_rate) is 'nan', but must be a number")
    assert faults[2] == "Patience (patience) is 0, but must be a whole number from 1 to 20."
    assert faults[3].startswith("There is no setting 'colour'")


def test_the_bounds_that_a_slider_reads_are_the_bounds_that_are_enforced() -> None:
    for name, spec in field_specs().items():
        if spec.minimum is None or spec.maximum is None or spec.step is None:
            continue
        for inside in (spec.minimum, spec.maximum):
            assert getattr(TrainConfig.parse({name: inside}), name) == inside
        for outside in (spec.minimum - spec.step, spec.maximum + spec.step):
            with pytest.raises(ConfigError):
                TrainConfig.parse({name: outside})


def test_text_from_a_command_line_is_read_as_the_value_it_spells() -> None:
    config = TrainConfig.parse({"patience": "3", "bidirectional": "true", "learning_rate": "1e-3"})

    assert (config.patience, config.bidirectional, config.learning_rate) == (3, True, 1e-3)


def test_the_defaults_are_the_notebooks() -> None:
    assert PRESETS["notebook"] == TrainConfig()
    assert TrainConfig().model_dump() == {
        "cell": "rnn", "vocab_size": 500, "max_length": 100, "embedding_dim": 16,
        "hidden_size": 8, "num_layers": 1, "bidirectional": False, "dropout": 0.0,
        "readout": "last", "initialization": "torch",
        "embedding_epsilon": 1e-8, "weight_average": 0.0, "learning_rate": 2e-4, "batch_size": 64,
        "weight_decay": 0.0, "gradient_clip": 0.0, "patience": 2, "min_delta": 0.0,
        "max_epochs": 100, "validation_fraction": 0.2, "seed": 42, "device": "auto",
        "engine": "auto", "source": "imdb",
    }  # fmt: skip
