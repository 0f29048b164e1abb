"""Equations, what differentiates them, and the layers, losses and optimizers that are made of them."""
