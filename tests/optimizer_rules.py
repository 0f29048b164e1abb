"""Every optimizer of the catalogue as it is published, for plain numbers and arrays: the judge of symnet's own.

Each keeps the state of one parameter and gives its next value: f(w, g, state, t, η, options); t is 1 at the first
update.
"""

import numpy as np


def sgd(w, g, state, t, rate):
    """Robbins and Monro (1951), eq. 6 with a constant rate."""
    return w - rate * g


def momentum(w, g, state, t, rate, decay=0.9):
    """Polyak (1964), eq. 9, in the form of torch.optim.SGD: buf = μ buf + grad, p -= lr buf."""
    state["v"] = decay * state.get("v", 0.0) + g
    return w - rate * state["v"]


def nesterov(w, g, state, t, rate, decay=0.9):
    """Sutskever et al. (2013), eqs. 3-4, in the form of torch.optim.SGD(nesterov=True): p -= lr (grad + μ buf)."""
    state["v"] = decay * state.get("v", 0.0) + g
    return w - rate * (g + decay * state["v"])


def adagrad(w, g, state, t, rate, epsilon=1e-10):
    """Duchi, Hazan and Singer (2011), the diagonal form of section 1.3, with ε outside the root as in torch."""
    state["s"] = state.get("s", 0.0) + g * g
    return w - rate * g / (np.sqrt(state["s"]) + epsilon)


def rmsprop(w, g, state, t, rate, decay=0.9, epsilon=1e-8):
    """Tieleman and Hinton (2012), lecture 6.5, slide 29."""
    state["s"] = decay * state.get("s", 0.0) + (1 - decay) * g * g
    return w - rate * g / (np.sqrt(state["s"]) + epsilon)


def adam(w, g, state, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Kingma and Ba (2015), algorithm 1."""
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * g * g
    m_hat = state["m"] / (1 - beta1**t)
    v_hat = state["v"] / (1 - beta2**t)
    return w - rate * m_hat / (np.sqrt(v_hat) + epsilon)


def adamw(w, g, state, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    """Loshchilov and Hutter (2019), algorithm 2, as torch.optim.AdamW: p *= 1 - lr weight_decay, then Adam."""
    return adam(w * (1 - rate * weight_decay), g, state, t, rate, beta1, beta2, epsilon)


def adamax(w, g, state, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Kingma and Ba (2015), algorithm 2, with torch's ε inside the maximum."""
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    state["u"] = np.maximum(beta2 * state.get("u", 0.0), np.abs(g) + epsilon)
    return w - rate / (1 - beta1**t) * state["m"] / state["u"]


def adadelta(w, g, state, t, rate, decay=0.9, epsilon=1e-6):
    """Zeiler (2012), algorithm 1, scaled by the rate as torch.optim.Adadelta."""
    state["s"] = decay * state.get("s", 0.0) + (1 - decay) * g * g
    d = np.sqrt(state.get("u", 0.0) + epsilon) / np.sqrt(state["s"] + epsilon) * g
    state["u"] = decay * state.get("u", 0.0) + (1 - decay) * d * d
    return w - rate * d


BY_HAND = {f.__name__: f for f in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, adamax, adadelta)}
