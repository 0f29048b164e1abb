"""Products of matrices on JAX, each computed in the way that is quickest at its size.

XLA calls a library for ``A @ B``, which takes longer than the arithmetic where matrices are small, and keeps it from
joining the neighbouring operations: up to about 2,000 multiplications it is better to multiply and sum.  Thin matrices
have quickest ways of their own.  Sizes were measured on one and on two cores, in float32 and float64.
"""

from __future__ import annotations

from typing import Any

from jax import lax

SMALL = 2048  # multiplications
NARROW = 32  # rows or columns
SHORT = 64  # examples of which a vector costs nothing


def is_small(n: int, k: int, m: int) -> bool:
    """Whether the product of (n, k) and (k, m), and both of its gradients, are best multiplied and summed."""
    return max(k, m) <= NARROW and n * k * m <= SMALL


def matmul(a: Any, b: Any) -> Any:
    """A B for A (n, k) and B (k, m); of vectors and of more axes as NumPy's @."""
    if a.ndim != 2 or b.ndim != 2:
        return a @ b
    (n, k), m = a.shape, b.shape[1]
    if is_small(n, k, m):
        return (a[:, :, None] * b[None]).sum(1)
    if 2 <= k <= 4 and n * m <= SMALL:
        return sum((a[:, i : i + 1] * b[i : i + 1] for i in range(1, k)), a[:, :1] * b[:1])
    return a @ b


def turned_matmul(a: Any, b: Any) -> Any:
    """Aᵀ B for A (n, k) and B (n, m): the gradient in a weight; B may be a vector."""
    if b.ndim != 2:
        return a.T @ b
    (n, k), m = a.shape, b.shape[1]
    if is_small(n, k, m) or 2 <= k <= 4:
        return (a[:, :, None] * b[:, None, :]).sum(0)
    return lax.dot_general(a, b, (((0,), (0,)), ((), ())))


def matmul_turned(a: Any, b: Any) -> Any:
    """A Bᵀ for A (n, m) and B (k, m): the gradient in an activation; A may be a vector, or have more axes."""
    if a.ndim != 2:
        return a @ b.T
    (n, m), k = a.shape, b.shape[0]
    if is_small(n, k, m):
        return (a[:, None, :] * b[None]).sum(2)
    if m == 1:
        return a * b.T
    return lax.dot_general(a, b, (((1,), (1,)), ((), ())))


def column_sums(a: Any) -> Any:
    """Aᵀ 1 for A (n, m): the gradient in a bias."""
    if a.size >= SMALL and len(a) <= SHORT:
        # A product with ones is quicker than a sum.  Computed ones take the place of numbers no longer needed; as a
        # constant they would have a place of their own, and jax.grad would need less memory.
        x = a[:, 0]
        return ((x == x) | (x != x)).astype(a.dtype) @ a
    if a.size >= SMALL and len(a) <= 2 * SHORT and len(a) % 4 == 0:
        q = len(a) // 4  # four rows at once, added before they are summed down
        return (a[:q] + a[q : 2 * q] + a[2 * q : 3 * q] + a[3 * q :]).sum(0)
    return a.sum(0)
