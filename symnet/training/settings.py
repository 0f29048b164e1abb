"""What ``fit`` was asked for, checked."""

from __future__ import annotations

from typing import Any

from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer
from symnet.computing.arrays import whole
from symnet.training.schedule import rates_of

FOREVER = 2**31 - 1
MOST_UPDATES = 10_000_000_000


class Settings:
    """What ``fit`` was asked for, checked."""

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        schedule: Any,
        steps: Any,
        epochs: Any,
        batch_size: Any,
        patience: Any,
        validation: Any,
        seed: Any,
    ) -> None:
        self.network, self.optimizer, self.validation = network, optimizer, validation
        if (steps is None) == (epochs is None):
            raise Mistake("say how long to train: steps=1000 (updates) or epochs=100 (passes over the examples)")
        self.steps = None if steps is None else whole("steps", steps, 0, MOST_UPDATES)
        self.epochs = None if epochs is None else whole("epochs", epochs, 0, MOST_UPDATES)
        self.batch_size = None if batch_size is None else whole("batch_size", batch_size, 1, MOST_UPDATES)
        self.patience = FOREVER if patience is None else whole("patience", patience, 1, FOREVER)
        self.seed = whole("seed", seed, 0, 2**63)
        if patience is not None and validation is None:
            raise Mistake("patience needs a validation loss; hold rows back with validation=0.2")
        self.rates = rates_of(optimizer, schedule)
