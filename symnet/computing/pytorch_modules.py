"""Modules that let a recurrent layer of PyTorch, which gives (states, last state), stand in an ``nn.Sequential``.

Imports PyTorch, and is itself imported only where a network is turned into its modules.
"""

from __future__ import annotations

from typing import Any

import torch

_Module: Any = torch.nn.Module


class States(_Module):  # type: ignore[misc]
    """The states of all steps, (examples, time, units)."""

    def forward(self, given: Any) -> Any:
        return given[0]


class Last(_Module):  # type: ignore[misc]
    """The state of the last step, (examples, units)."""

    def forward(self, given: Any) -> Any:
        return given[0][:, -1]
