"""Exercises about the sizes of layers, as a person writes them."""

# A padded convolution with a stride that leaves a column over, a pool, a second convolution, dense layers.
PICTURE = """
title = "A small net"
network.input_shape = [3, 20, 20]
layer = [
  { kind = "conv", channels = 4, kernel = 5, stride = 2, padding = 1 },
  { kind = "max_pool", size = 2 },
  { kind = "conv", channels = 6, kernel = 3, padding = 1 },
  { kind = "flatten" },
  { kind = "dense", units = 10 },
]
[[question]]
ask = "sizes"
columns = ["shape", "parameters", "multiply-adds", "activations", "memory", "receptive field"]
"""

# Words through attention and a recurrence.
WORDS = """
network.input_shape = [7]
layer = [
  { kind = "embedding", words = 50, width = 8 },
  { kind = "attention", repeat = 2, heads = 2 },
  { kind = "transformer", heads = 2, hidden = 12, bias = true },
  { kind = "lstm", units = 3, sequences = true },
  { kind = "gru", units = 5 },
]
[[question]]
ask = "sizes"
columns = ["shape", "parameters", "multiply-adds", "memory"]
"""

# Layers without biases, with norms between them.
BARE = """
network.input_shape = [3, 8, 8]
layer = [
  { kind = "conv", channels = 16, kernel = 3, padding = 1, bias = false },
  { kind = "batch_norm" },
  { kind = "flatten" },
  { kind = "dense", units = 10, bias = false },
]
[[question]]
ask = "sizes"
"""
