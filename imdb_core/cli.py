"""The command line: `python -m imdb_core {data,train,score,evaluate,runs}`.

Exit codes: 0 done, 2 bad arguments or input, 1 failed. An error is one line on standard
error. PyTorch is imported only by the commands that compute.
"""

from __future__ import annotations

import argparse
import codecs
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from imdb_core import cli_data, cli_runs
from imdb_core.cli_command import add_command
from imdb_core.cli_runs import open_store, print_json
from imdb_core.config import PRESETS, TrainConfig, field_specs
from imdb_core.data import DataLibrary, Progress, is_own
from imdb_core.errors import (
    ConfigError,
    RunArchiveError,
    RunNotFoundError,
    RunStateError,
    StudioError,
    TableError,
    TextError,
)
from imdb_core.runs.event_log import Event
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.runs.trained_on import check_can_go_on
from imdb_core.settings import Settings
from imdb_core.terminal import (
    ProgressLine,
    StopOnSignal,
    is_closed_pipe,
    leave_closed_pipe,
    replace_what_cannot_be_shown,
    until_closed,
)

if TYPE_CHECKING:
    from imdb_core.scoring import Score

DONE, FAILED, BAD_INPUT = 0, 1, 2
_LINES_AT_ONCE = 1000
_MLFLOW_LIMIT_S = 30.0
_BAD_INPUT_ERRORS = (
    ConfigError,
    TableError,
    RunArchiveError,
    RunNotFoundError,
    RunStateError,
    TextError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    replace_what_cannot_be_shown()
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except OSError as error:
        if not is_closed_pipe(error):
            raise
        leave_closed_pipe()  # `… | head` has seen enough
        return DONE
    except KeyboardInterrupt:
        _complain("Ended by Ctrl-C.")
        return FAILED


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options, Settings.from_environment()))
    except ConfigError as error:
        _complain("\n".join(error.faults))
        return BAD_INPUT
    except _BAD_INPUT_ERRORS as error:
        _complain(str(error))
        return BAD_INPUT
    except StudioError as error:
        _complain(str(error))
        return FAILED


def _train(options: argparse.Namespace, settings: Settings) -> int:
    values = dict(_assignment(text) for text in options.set)
    if options.source:
        values["source"] = options.source
    config = TrainConfig.parse(PRESETS[options.preset].model_dump() | values)
    if is_own(config.source):
        DataLibrary(settings).load(config.source)  # or say so before there is a run
    store = open_store(settings)
    run = store.create(config, label=options.label)
    return _execute(run, store, settings, options.jsonl)


def _runs_resume(options: argparse.Namespace, settings: Settings) -> int:
    store = open_store(settings)
    run_id = store.id_of(options.run)
    check_can_go_on(store.get(run_id), DataLibrary(settings))
    return _execute(store.claim(run_id), store, settings, options.jsonl)


def _execute(run: Run, store: RunStore, settings: Settings, as_jsonl: bool) -> int:
    from imdb_core.runs.execution import execute

    with StopOnSignal() as stop, ProgressLine() as progress_line:
        say = until_closed(print_json if as_jsonl else _print_epoch, stop.flag.set)
        if not as_jsonl:
            until_closed(print, stop.flag.set)(f"Run {run.id}")
        run = execute(
            run.id,
            store,
            DataLibrary(settings),
            stop=stop.flag,
            on_progress=progress_line.show,
            on_event=say,
        )
        _log_to_mlflow(run, progress_line)
    if run.state == "failed":
        _complain(run.error or "The run failed.")
        return FAILED
    if not as_jsonl:
        print(run.ending)
    return DONE


def _log_to_mlflow(run: Run, progress_line: ProgressLine) -> None:
    """Have an ended run logged where MLFLOW_TRACKING_URI says; a failure is a warning."""
    from imdb_core.mlflow_mirror import MlflowMirror

    mirror = MlflowMirror.from_environment()
    if mirror is None:
        return
    progress_line.show(Progress(stage="Logging to MLflow"))
    if not mirror.submit(run).wait(_MLFLOW_LIMIT_S):
        _complain(f"Run {run.id} was not logged to MLflow: no end within {_MLFLOW_LIMIT_S:g} s.")


def _score(options: argparse.Namespace, settings: Settings) -> int:
    from imdb_core.scoring import Scorer

    scorer = Scorer.load(open_store(settings).resolve(options.run))
    texts = iter(_texts(options.texts))
    code = DONE
    while chunk := list(islice(texts, _LINES_AT_ONCE)):
        for result in scorer.score_many(chunk):
            (_print_score_as_json if options.json else _print_score)(result)
            if isinstance(result, TextError):
                _complain(str(result))
                code = BAD_INPUT
    return code


def _print_score(result: Score | TextError) -> None:
    if isinstance(result, TextError):
        print("-       unscored")  # the n-th line stays the n-th text's
        return
    line = (
        f"{result.probability:.4f}  {result.verdict}  {result.words_read} of {result.words} "
        f"words read, {result.words_unknown} unknown"
    )
    print(line if result.words_known else f"{line}. {result.MEANS_NOTHING}")


def _print_score_as_json(result: Score | TextError) -> None:
    facts: dict[str, object] = {"p_positive": None, "verdict": None}
    if isinstance(result, TextError):
        facts |= {"words_read": 0, "words_unknown": 0, "error": str(result)}
    else:
        facts = {
            "p_positive": result.probability,
            "verdict": result.verdict,
            "words_read": result.words_read,
            "words_unknown": result.words_unknown,
        }
    print_json(facts)


def _evaluate(options: argparse.Namespace, settings: Settings) -> int:
    from imdb_core.evaluation import evaluate

    run = open_store(settings).resolve(options.run)
    with StopOnSignal() as stop, ProgressLine() as progress_line:
        result = evaluate(
            run,
            DataLibrary(settings),
            options.split,
            on_progress=progress_line.show,
            is_cancelled=stop.flag.is_set,
        )
    if options.json:
        print_json(result.summary())
        return DONE
    counts, metrics = result.counts(), result.metrics
    low, high = counts.interval
    print(
        f"Run {run.id}, epoch {result.epoch}, {result.split} split of {result.origin}:\n"
        f"accuracy {counts.accuracy:.4f} (95% interval {low:.4f} to {high:.4f}), "
        f"{counts.correct:,} of {result.reviews:,} reviews right; "
        f"log loss {metrics.log_loss:.4f}, calibration error {metrics.ece:.4f}"
        + ("" if metrics.roc_auc is None else f", area under ROC {metrics.roc_auc:.4f}")
    )
    return DONE


def _print_epoch(event: Event) -> None:
    if event["event"] == "epoch":
        mark = "  *" if event["improved"] else ""
        print(
            f"epoch {event['epoch']:3}  train_loss {event['train_loss']:.4f}  "
            f"val_loss {event['val_loss']:.4f}  val_accuracy {event['val_accuracy']:.4f}{mark}",
            flush=True,
        )


def _complain(message: str) -> None:
    with suppress(BrokenPipeError):  # nobody reads it
        for line in message.splitlines():
            print(f"imdb_core: {line}", file=sys.stderr)


def _texts(arguments: list[str]) -> Iterable[str]:
    """The arguments, or for `-` the lines of standard input, one by one.

    Raises:
        TextError: a line is not in the terminal's encoding, nearly always UTF-8.
    """
    if arguments != ["-"]:
        yield from arguments
        return
    encoding = sys.stdin.encoding
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if number == 1 and line.startswith(codecs.BOM_UTF8):
            encoding, line = "utf-8", line.removeprefix(codecs.BOM_UTF8)
        try:
            yield line.decode(encoding).rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise TextError(
                f"Line {number} of standard input is not {encoding} ({error.reason}). Convert "
                f"the text first, as with: iconv -f WINDOWS-1252 -t {encoding}"
            ) from error


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError([f"{text!r} is not of the form FIELD=VALUE, such as patience=3."])
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m imdb_core",
        description="Train, score and evaluate a small recurrent network on movie reviews.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    data = commands.add_parser("data", help="the reviews to train on")
    data_commands = data.add_subparsers(required=True, metavar="COMMAND")
    cli_data.add_commands(partial(add_command, data_commands))

    train = add_command(commands, "train", _train, "train a network")
    train.add_argument("--preset", choices=PRESETS, default="notebook")
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a setting of the preset: " + ", ".join(field_specs()),
    )
    train.add_argument("--source", metavar="SOURCE", help="as data status names them")
    train.add_argument("--label", default="", help="a name for the run")
    _add_jsonl(train)

    score = add_command(commands, "score", _score, "judge texts")
    _add_run_option(score)
    score.add_argument("--json", action="store_true", help="print a JSON object a text")
    score.add_argument("texts", nargs="+", metavar="TEXT", help="a review; - reads one a line")

    evaluate = add_command(commands, "evaluate", _evaluate, "accuracy on a whole split")
    _add_run_option(evaluate)
    evaluate.add_argument("--split", choices=("validation", "test"), default="validation")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")

    runs = commands.add_parser("runs", help="what was trained")
    run_commands = runs.add_subparsers(required=True, metavar="COMMAND")
    cli_runs.add_commands(partial(add_command, run_commands))
    resume = add_command(run_commands, "resume", _runs_resume, "go on from the last epoch")
    _add_jsonl(resume)
    resume.add_argument("run", metavar="ID", help="an id, best or latest")
    return parser


def _add_run_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="best", metavar="ID", help="an id, best or latest")


def _add_jsonl(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jsonl", action="store_true", help="print each event as a JSON line")
