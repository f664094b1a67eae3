"""The command line: `python -m imdb_core {data,train,score,evaluate,runs}`.

Exit codes: 0 done, 2 bad arguments or input, 1 failed. An error is one line on standard
error. PyTorch is imported only by the commands that compute.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from imdb_core.config import PRESETS, field_specs
from imdb_core.data import DataLibrary
from imdb_core.errors import (
    ConfigError,
    RunNotFoundError,
    RunStateError,
    StorageError,
    StudioError,
    TextError,
)
from imdb_core.runs.event_log import Event
from imdb_core.runs.export import FILE_NAMES, export
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings
from imdb_core.terminal import ProgressLine, StopOnSignal

DONE, FAILED, BAD_INPUT = 0, 1, 2
_LINES_AT_ONCE = 1000
_BAD_INPUT_ERRORS = (ConfigError, RunNotFoundError, RunStateError, TextError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
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
    except BrokenPipeError:  # `… | head` has seen enough
        sys.stderr.close()
        return DONE


def _data_status(options: argparse.Namespace, settings: Settings) -> int:
    for status in DataLibrary(settings).statuses():
        state = "prepared" if status.is_prepared else "not prepared"
        print(f"{status.source:8} {state:13} {status.description}")
        if status.counts:
            counts = status.counts
            print(f"         {status.origin}; {counts.train:,} + {counts.test:,} reviews")
        else:
            print(f"         {status.advice}")
    return DONE


def _data_prepare(options: argparse.Namespace, settings: Settings) -> int:
    library = DataLibrary(settings)
    source = options.source if options.path else library.resolve(options.source)
    with StopOnSignal() as stop, ProgressLine() as progress_line:
        dataset = library.prepare(
            source,
            path=options.path,
            on_progress=progress_line.show,
            is_cancelled=stop.flag.is_set,
        )
    print(
        f"Prepared {dataset.origin}: {len(dataset.train):,} training and "
        f"{len(dataset.test):,} test reviews."
    )
    return DONE


def _train(options: argparse.Namespace, settings: Settings) -> int:
    values = dict(_assignment(text) for text in options.set)
    if options.source:
        values["source"] = options.source
    config = PRESETS[options.preset].changed(**values)
    store = _store(settings)
    run = store.create(config, label=options.label)
    return _execute(run, store, settings, options.jsonl)


def _runs_resume(options: argparse.Namespace, settings: Settings) -> int:
    store = _store(settings)
    return _execute(store.claim(options.run), store, settings, options.jsonl)


def _execute(run: Run, store: RunStore, settings: Settings, as_jsonl: bool) -> int:
    from imdb_core.runs.execution import execute

    with StopOnSignal() as stop, ProgressLine() as progress_line:
        if not as_jsonl:
            print(f"Run {run.id}", flush=True)
        run = execute(
            run.id,
            store,
            DataLibrary(settings),
            stop=stop.flag,
            on_progress=progress_line.show,
            on_event=_print_json if as_jsonl else _print_epoch,
        )
    if run.state == "failed":
        _complain(run.error or "The run failed.")
        return FAILED
    if not as_jsonl:
        print(run.ending)
    return DONE


def _score(options: argparse.Namespace, settings: Settings) -> int:
    from imdb_core.scoring import Scorer

    scorer = Scorer.load(_store(settings).resolve(options.run))
    texts = iter(_texts(options.texts))
    code = DONE
    while chunk := list(islice(texts, _LINES_AT_ONCE)):
        for result in scorer.score_many(chunk):
            if isinstance(result, TextError):
                print("-       unscored")  # the n-th line stays the n-th text's
                _complain(str(result))
                code = BAD_INPUT
                continue
            verdict = "positive" if result.is_positive else "negative"
            print(
                f"{result.probability:.4f}  {verdict}  {result.words_read} of {result.words} "
                f"words read, {result.words_unknown} unknown"
            )
    return code


def _evaluate(options: argparse.Namespace, settings: Settings) -> int:
    from imdb_core.evaluation import evaluate

    run = _store(settings).resolve(options.run)
    result = evaluate(run, DataLibrary(settings), options.split)
    low, high = result.interval
    if options.json:
        derived = {
            "reviews": result.reviews,
            "correct": result.correct,
            "accuracy": result.accuracy,
            "interval": [low, high],
        }
        _print_json(asdict(result) | derived)
    else:
        print(
            f"Run {run.name}, epoch {result.epoch}, {result.split} split of {result.origin}:\n"
            f"accuracy {result.accuracy:.4f} (95 % interval {low:.4f} to {high:.4f}), "
            f"{result.correct:,} of {result.reviews:,} reviews right; "
            f"log loss {result.log_loss:.4f}"
        )
    return DONE


def _runs_list(options: argparse.Namespace, settings: Settings) -> int:
    store = _store(settings)
    for run in store.all():
        best = run.best
        result = (
            f"best epoch {best.epoch:3}  val_loss {best.val_loss:.4f}  "
            f"val_accuracy {best.val_accuracy:.4f}"
            if best
            else "no epoch finished"
        )
        print(f"{run.id}  {run.state:11}  {result}  {run.label}".rstrip())
    for run_id in store.damaged():
        print(f"{run_id}  damaged")
    return DONE


def _runs_show(options: argparse.Namespace, settings: Settings) -> int:
    run = _store(settings).resolve(options.run)
    _print_json(
        {
            "id": run.id,
            "label": run.label,
            "state": run.state,
            "ending": run.ending,
            "folder": str(run.folder),
            "config": run.config.model_dump(),
            "dataset": asdict(run.dataset) if run.dataset else None,
            "device": run.device,
            "best": run.best._asdict() if run.best else None,
            "epochs": [record._asdict() for record in run.epochs],
        },
        indent=2,
    )
    return DONE


def _runs_delete(options: argparse.Namespace, settings: Settings) -> int:
    _store(settings).delete(options.run)
    print(f"Deleted {options.run}.")
    return DONE


def _runs_export(options: argparse.Namespace, settings: Settings) -> int:
    content = export(_store(settings).resolve(options.run), options.format)
    target: Path = options.output or Path(FILE_NAMES[options.format])
    try:
        target.write_bytes(content)
    except OSError as error:
        raise StorageError(f"{target} was not written: {error.strerror}.") from error
    print(f"Wrote {target} ({len(content):,} bytes).")
    return DONE


def _print_epoch(event: Event) -> None:
    if event["event"] == "epoch":
        mark = "  *" if event["improved"] else ""
        print(
            f"epoch {event['epoch']:3}  train_loss {event['train_loss']:.4f}  "
            f"val_loss {event['val_loss']:.4f}  val_accuracy {event['val_accuracy']:.4f}{mark}",
            flush=True,
        )


def _print_json(value: Any, indent: int | None = None) -> None:  # noqa: ANN401 - any JSON value
    print(json.dumps(value, ensure_ascii=False, indent=indent), flush=True)


def _complain(message: str) -> None:
    for line in message.splitlines():
        print(f"imdb_core: {line}", file=sys.stderr)


def _texts(arguments: list[str]) -> Iterable[str]:
    return (line.rstrip("\n") for line in sys.stdin) if arguments == ["-"] else arguments


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError([f"{text!r} is not of the form FIELD=VALUE, such as patience=3."])
    return name, value


def _store(settings: Settings) -> RunStore:
    store = RunStore(settings.runs_folder)
    store.mark_interrupted()
    return store


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m imdb_core",
        description="Train, score and evaluate a small recurrent network on movie reviews.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    sources = field_specs()["source"].choices

    data = commands.add_parser("data", help="the reviews to train on")
    data_commands = data.add_subparsers(required=True, metavar="COMMAND")
    _command(data_commands, "status", _data_status, "which sources there are")
    prepare = _command(data_commands, "prepare", _data_prepare, "make a source ready")
    prepare.add_argument("--source", choices=sources, default="imdb")
    prepare.add_argument(
        "--path", type=Path, metavar="P", help="an aclImdb folder or its .tar.gz (source aclimdb)"
    )

    train = _command(commands, "train", _train, "train a network")
    train.add_argument("--preset", choices=PRESETS, default="notebook")
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a setting of the preset: " + ", ".join(field_specs()),
    )
    train.add_argument("--source", choices=sources)
    train.add_argument("--label", default="", help="a name for the run")
    _add_jsonl(train)

    score = _command(commands, "score", _score, "judge texts")
    _add_run_option(score)
    score.add_argument("texts", nargs="+", metavar="TEXT", help="a review; - reads one a line")

    evaluate = _command(commands, "evaluate", _evaluate, "accuracy on a whole split")
    _add_run_option(evaluate)
    evaluate.add_argument("--split", choices=("validation", "test"), default="validation")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")

    runs = commands.add_parser("runs", help="what was trained")
    run_commands = runs.add_subparsers(required=True, metavar="COMMAND")
    _command(run_commands, "list", _runs_list, "all runs, newest first")
    show = _command(run_commands, "show", _runs_show, "one run as JSON")
    resume = _command(run_commands, "resume", _runs_resume, "go on from the last epoch")
    _add_jsonl(resume)
    delete = _command(run_commands, "delete", _runs_delete, "remove a run and its files")
    export_command = _command(run_commands, "export", _runs_export, "write a file to use elsewhere")
    export_command.add_argument("--format", choices=FILE_NAMES, default="pt")
    export_command.add_argument("-o", "--output", type=Path, metavar="FILE")
    for command in (show, resume, delete, export_command):
        command.add_argument("run", metavar="ID")
    return parser


def _command(
    commands: Any,  # noqa: ANN401 - argparse keeps the type private
    name: str,
    function: Callable[[argparse.Namespace, Settings], int],
    help: str,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(command=function)
    return parser


def _add_run_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="best", metavar="ID", help="an id, best or latest")


def _add_jsonl(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jsonl", action="store_true", help="print each event as a JSON line")
