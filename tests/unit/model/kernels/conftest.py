import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread_for_torch(torch_threads: None) -> None:
    """On a busy machine two that wait for each other take many times as long."""
    torch.set_num_threads(1)
