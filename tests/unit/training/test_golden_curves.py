"""The compiled kernels give the same bits on every x86-64 computer with AVX2 and FMA."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from llvmlite import binding

from imdb_core.model.kernels import engine
from imdb_core.model.kernels.target import COMMON
from imdb_core.processor import is_common
from tests import golden

pytestmark = pytest.mark.skipif(not is_common(), reason="no x86-64 processor with AVX2 and FMA")

# Recorded on an AMD EPYC (Zen 3). Whatever changes them makes every link's curve another one.
CURVES = {
    "notebook": "d6ef919082a7344b",
    "quick": "dcc9dbb79ca6a338",
    "gru": "618838a130036b1c",
}
# What else a processor must have to run another one's code.
NEEDED = {
    "znver3": ("vaes", "vpclmulqdq", "sse4a", "clzero", "pku"),
    "skylake-avx512": ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
    binding.get_host_cpu_name(): (),
}


@pytest.mark.parametrize("name", golden.CASES)
def test_the_golden_curves_come_out_to_the_last_bit(name: str, sample_home: Path) -> None:
    assert os.environ["NUMBA_CPU_NAME"] == COMMON
    assert golden.curve(name, sample_home) == CURVES[name]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", ["quick", "gru"])
def test_any_number_of_threads_gives_the_same_bits(
    name: str, threads: int, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "usable_cores", lambda: threads)
    assert golden.curve(name, sample_home) == CURVES[name]


@pytest.mark.parametrize("processor", [name for name in NEEDED if name != COMMON])
def test_another_processors_code_gives_the_same_bits(processor: str, sample_home: Path) -> None:
    features = binding.get_host_cpu_features()
    if not all(features.get(name, False) for name in NEEDED[processor]):
        pytest.skip(f"this processor cannot run the code of {processor}")
    printed = subprocess.run(
        [sys.executable, "-m", "tests.golden", str(sample_home)],
        env=os.environ | {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(printed.stdout) == CURVES
