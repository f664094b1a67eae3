"""What kind of processor this is: on which the compiled kernels give the same bits as elsewhere."""

from __future__ import annotations

import platform
from functools import cache
from typing import Final

IS_X86: Final = platform.machine().lower() in ("x86_64", "amd64")
IS_ARM: Final = platform.machine().lower() in ("arm64", "aarch64")
_NEEDED: Final = ("avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt", "movbe", "popcnt")


@cache
def is_common() -> bool:
    """Whether this computer gives the bits that every x86-64 one with AVX2 and FMA gives."""
    if not IS_X86:
        return False
    from llvmlite import binding  # a tenth of a second

    features = binding.get_host_cpu_features()
    return all(features.get(name, False) for name in _NEEDED)


def can_fuse() -> bool:
    """Whether the processor rounds a product and a sum as one."""
    return not IS_X86 or is_common()


@cache
def microarchitecture() -> str:
    """Such as znver4: for it libraries choose their code."""
    from llvmlite import binding

    name: str = binding.get_host_cpu_name()
    return name
