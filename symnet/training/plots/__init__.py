"""Pictures of training and of what was learned: curves, fits, regions, activation functions, confusion matrices.

Every function returns a matplotlib Figure, which ``picture`` turns into bytes and ``save`` into a file.  Figures are
drawn at the size at which they are printed, in colours that colour-blind readers tell apart and, for a grey printer,
in line styles and markers that differ too.  matplotlib is optional and imported when first used, never its pyplot:
that keeps every figure it makes and chooses a window system, where a figure here belongs to whoever asked for it.

A value that is not finite, or beyond 1e100, where matplotlib's own arithmetic overflows, is left out of a curve, and
the figure says how many were: a training that diverged is a thing to look at, not a reason to stop.
"""

from symnet.training.plots.curves import fit_over_truth, loss_curves, loss_sections
from symnet.training.plots.drawing import ENDINGS, picture, save
from symnet.training.plots.gallery import activation_gallery
from symnet.training.plots.learned import confusion_matrix, decision_boundary, learned_picture

__all__ = [
    "ENDINGS",
    "activation_gallery",
    "confusion_matrix",
    "decision_boundary",
    "fit_over_truth",
    "learned_picture",
    "loss_curves",
    "loss_sections",
    "picture",
    "save",
]
