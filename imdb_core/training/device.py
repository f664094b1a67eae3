"""Where to compute."""

from __future__ import annotations

import platform

import torch

from imdb_core.config import DeviceChoice
from imdb_core.errors import DeviceUnavailableError


def resolve_device(choice: DeviceChoice) -> torch.device:
    """The device that `choice` means here; `auto` takes CUDA, else the CPU.

    Apple's GPU must be asked for: the compiled kernels need the CPU and are far quicker than
    any GPU on small networks, and nobody has measured where PyTorch on Apple's would pay.

    Raises:
        DeviceUnavailableError: the device asked for is not on this machine.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if choice == "auto":
        return torch.device("cuda" if available["cuda"] else "cpu")
    if not available[choice]:
        raise DeviceUnavailableError(
            f"This machine has no {choice} device that PyTorch {torch.__version__} can use. "
            "Set Device to auto."
        )
    return torch.device(choice)


def device_name(device: torch.device) -> str:
    """What to call `device` on a page: the GPU's own name, or the CPU with its architecture."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU ({platform.machine()})"
