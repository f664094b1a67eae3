"""Where to compute."""

from __future__ import annotations

import platform

import torch

from imdb_core.config import TrainConfig
from imdb_core.errors import DeviceUnavailableError


def resolve_device(config: TrainConfig) -> torch.device:
    """The device that `config.device` means here.

    `auto` takes CUDA, else Apple's GPU, else the CPU; but not Apple's for a network that the
    compiled kernels can train: they need the CPU, and are far quicker there.

    Raises:
        DeviceUnavailableError: the device asked for is not on this machine.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    choice = config.device
    if choice == "auto":
        if available["cuda"]:
            return torch.device("cuda")
        is_for_apple = available["mps"] and kernels_obstacle(config)
        return torch.device("mps" if is_for_apple else "cpu")
    if not available[choice]:
        raise DeviceUnavailableError(
            f"This machine has no {choice} device that PyTorch {torch.__version__} can use. "
            "Set Device to auto."
        )
    return torch.device(choice)


def kernels_obstacle(config: TrainConfig) -> str:
    """Why the compiled kernels cannot train this network; empty if they can."""
    if config.num_layers > 1:
        return "it has more than one layer"
    if config.bidirectional:
        return "it reads both ways"
    return ""


def device_name(device: torch.device) -> str:
    """What to call `device` on a page: the GPU's own name, or the CPU with its architecture."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU ({platform.machine()})"
