"""The notebook's network and loop, written out as the notebook has them, to compare with.

Only the printing, the plot and the saving are left out, and the device can be chosen.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn, optim
from torch.utils.data import DataLoader, TensorDataset


class IMDBRnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(500, 16)
        self.rnn = nn.RNN(16, 8, batch_first=True)
        self.dense = nn.Linear(8, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        x = self.embedding(x)
        _, hidden = self.rnn(x)
        outputs = self.dense(hidden[-1])
        return self.sigmoid(outputs)


def run(
    train_seq: NDArray[np.int32],
    train_target: NDArray[np.float32],
    val_seq: NDArray[np.int32],
    val_target: NDArray[np.float32],
    epochs: int = 100,
    device: str = "cpu",
) -> tuple[list[float], list[float], int, float]:
    """Train and validation losses by epoch, the best epoch and its validation accuracy."""
    torch.manual_seed(42)
    train_dataset = TensorDataset(torch.tensor(train_seq), torch.tensor(train_target))
    val_dataset = TensorDataset(torch.tensor(val_seq), torch.tensor(val_target))
    train_loader = DataLoader(train_dataset, batch_size=64, shuffle=True)
    val_loader = DataLoader(val_dataset, batch_size=64, shuffle=False)
    model = IMDBRnn().to(device)
    criterion = nn.BCELoss()
    optimizer = optim.Adam(model.parameters(), lr=2e-4)

    train_hist: list[float] = []
    val_hist: list[float] = []
    patience = 2
    best_loss = -1.0
    best_epoch, best_accuracy = 0, 0.0
    early_stopping_counter = 0
    for epoch in range(epochs):
        model.train()
        train_loss = 0.0
        for inputs, targets in train_loader:
            inputs, targets = inputs.to(device), targets.to(device)
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs.squeeze(), targets)
            loss.backward()
            optimizer.step()
            train_loss += loss.item()

        model.eval()
        val_loss = 0.0
        corrects = 0
        with torch.no_grad():
            for inputs, targets in val_loader:
                inputs, targets = inputs.to(device), targets.to(device)
                outputs = model(inputs)
                loss = criterion(outputs.squeeze(), targets)
                val_loss += loss.item()
                corrects += int(((outputs > 0.5).squeeze() == targets).sum().item())

        train_hist.append(train_loss / len(train_loader))
        val_hist.append(val_loss / len(val_loader))
        if best_loss == -1 or val_hist[-1] < best_loss:
            best_loss = val_hist[-1]
            best_epoch, best_accuracy = epoch + 1, corrects / len(val_dataset)
            early_stopping_counter = 0
        else:
            early_stopping_counter += 1
            if early_stopping_counter >= patience:
                break
    return train_hist, val_hist, best_epoch, best_accuracy
