"""What things are called elsewhere, in PyTorch, Keras and books, and what they are called here: one table of names.

``understood`` gives the name here where a word can mean nothing else, ``meant`` also where it only comes near and the
person is to be asked; every suggestion goes by them.  Case, spaces, - and _ never matter: LeakyReLU is leaky_relu.
"""

from __future__ import annotations

from collections.abc import Collection

# The same thing under another name: understood wherever the name on the left is one.
SAME: dict[str, str] = {
    # functions
    "relu": "rectifier rectified_linear rectified_linear_unit rect",
    "leaky_relu": "lrelu",
    "sigmoid": "σ sigma logistic logistic_sigmoid expit logsig sigm",
    "tanh": "tansig hyperbolic_tangent th",
    "bipolar_sigmoid": "bipolar",
    "step": "heaviside hardlim unit_step step_function",
    "sign": "sgn signum",
    "linear": "identity id purelin",
    "abs": "fabs absolute",
    "max": "maximum",
    "min": "minimum",
    "sqrt": "square_root √",
    "stop_gradient": "sg detach stop_grad",
    # losses
    "mean_squared_error": "mse mse_loss",
    "squared_error": "sse sum_of_squares sum_of_squared_errors sum_squared_error",
    "half_squared_error": "half_sse half_sum_of_squares",
    "softmax_cross_entropy": "cross_entropy_loss softmax_cross_entropy_with_logits",
    # optimizers
    "sgd": "gd gradient_descent stochastic_gradient_descent",
    "momentum": "heavy_ball sgd_momentum sgd_with_momentum",
    "nesterov": "nag nesterov_momentum nesterov_accelerated_gradient",
    # layers
    "dense": "linear fc fully_connected affine",
    "conv": "convolution conv2d convolution2d convolutional",
    "conv1d": "convolution1d",
    "max_pool": "max_pooling max_pool2d max_pooling2d",
    "mean_pool": "mean_pooling avg_pool average_pool average_pooling avg_pool2d average_pooling2d",
    "global_mean_pool": "global_average_pool global_average_pooling global_avg_pool gap",
    "rnn": "recurrent simple_rnn elman",
    "attention": "self_attention multi_head_attention multihead_attention mha",
    "transformer": "transformer_block transformer_encoder_layer",
    "layer_norm": "layer_normalization",
    "batch_norm": "batch_normalization batch_norm1d batch_norm2d bn",
    "residual": "skip skip_connection residual_block residual_connection",
}

# Something near: never taken for it, but named.  Of several, the first that there is.
NEAR: dict[str, str] = {
    # losses that average where ours sums, or that take probabilities where ours takes logits
    "absolute_error": "mae mae_loss l1 l1_loss mean_absolute_error sum_of_absolute_errors",
    "huber": "huber_loss smooth_l1 smooth_l1_loss",
    "root_squared_error": "rmse root_mean_squared_error euclidean_loss",
    "half_squared_error": "quadratic quadratic_loss l2_loss squared_loss error",
    "binary_cross_entropy": "bce bce_loss log_loss binary_crossentropy",
    "sigmoid_cross_entropy": "bce bce_loss bce_with_logits bce_with_logits_loss binary_cross_entropy "
    "binary_cross_entropy_with_logits log_loss binary_crossentropy sigmoid_cross_entropy_with_logits",
    "cross_entropy": "ce xent categorical_crossentropy categorical_cross_entropy crossentropy nll nll_loss",
    "softmax_cross_entropy": "cross_entropy ce xent categorical_crossentropy categorical_cross_entropy crossentropy "
    "sparse_categorical_crossentropy nll nll_loss",
    # functions
    "sqrt": "root",
    "leaky_relu": "prelu",
    "log": "logarithm",
    # kinds of question
    "forward": "forward_pass forward_propagation values value outputs predict",
    "gradient": "backward backward_pass backprop backpropagation gradients grad grads derivatives chain_rule",
    "derivative": "partial partials total_derivative",
    "deltas": "delta errors error_signals",
    "matrix": "matrices matrix_form",
    "table": "trace trace_table",
    "hessian": "hesse second_derivative second_derivatives curvature",
    "newton": "newton_step newtons_method newton_raphson",
    "stability": "stable learning_rate stable_rate largest_rate eigenvalues",
    "jacobian": "jacobi",
    "vanishing": "vanishing_gradient exploding exploding_gradient vanishing_and_exploding",
    "forward_mode": "dual_numbers tangent tangents jvp forward_differentiation autodiff",
    "truth_table": "truth logic_table",
    "regions": "half_plane half_planes decision_boundary decision_boundaries boundary boundaries decision_regions",
    "mistake": "find_the_mistake wrong",
    "graph": "computation_graph computational_graph",
    "curve": "loss_curve learning_curve",
    "function": "derive definition",
    "plot": "plots chart",
    # what a question bank is for
    "text2qti": "canvas qti",
    # keys of a file
    "learning_rate": "lr eta η alpha α rate step_size",
    "parameters": "weights params param biases bias theta weight",
    "given": "inputs input constants values x known variables",
    "equations": "formulas formula forward equation",
    "training": "train",
    "network": "net nn mlp model layers architecture",
    "patience": "early_stopping",
    "lr": "eta η alpha α learning_rate rate",
    "update": "optimizer optimiser updates rule rules",
    "question": "questions ask task tasks",
    "vary": "variants variant",
    "notation": "latex symbols tex",
    "samples": "sample examples dataset rows",
    "title": "name heading",
    "introduction": "text intro description",
    "round": "digits precision decimals rounding places",
    "loss": "cost objective error criterion",
    "steps": "iterations n_steps num_steps updates iters",
    "epochs": "n_epochs num_epochs passes",
    "batch_size": "batch minibatch mini_batch",
    "schedule": "lr_schedule scheduler",
    "layers": "units widths sizes shape architecture",
    "output": "output_activation activation_output final_activation last_activation",
    "activation": "activations hidden_activation nonlinearity",
    "targets": "target labels label y outputs",
    "inputs": "input x features",
    "weights": "w parameters params",
    "init": "initializer initialization initialiser",
    "l2": "weight_decay lambda regularization",
    "size": "font font_size fontsize type_size",
    "columns": "cols column",
    "paper": "format paper_size page_size",
    "figure": "picture image diagram",
    "points": "marks mark score credit",
    "of": "name what names",
    "text": "question words title",
    "values": "ranges range from",
    "require": "requires constraints required",
    "decay": "momentum rho mu beta gamma alpha ρ μ β γ",
    "epsilon": "eps ε",
    "truncate": "truncation truncated tbptt bptt bptt_steps",
    "beta1": "betas b1 β1 β₁",
    "beta2": "betas b2 β2 β₂",
    "weight_decay": "l2 wd lambda λ",
}

# Functions that have no name here, in those that have; z is what they are applied to.
FORMULAS: dict[str, str] = {
    "swish": "z*sigmoid(z)",
    "silu": "z*sigmoid(z)",
    "mish": "z*tanh(softplus(z))",
    "softsign": "z/(1 + abs(z))",
    "relu6": "min(max(z, 0), 6)",
    "hardtanh": "max(-1, min(1, z))",
    "hardsigmoid": "max(0, min(1, z/6 + 1/2))",
    "logsigmoid": "log(sigmoid(z))",
    "selu": "1.0507*elu(z, 1.67326)",
    "celu": "elu(z)",
    "square": "z^2",
    "cube": "z^3",
    "pow": "z^2",
    "power": "z^2",
    "log10": "log(z)/log(10)",
    "lg": "log(z)/log(10)",
    "log2": "log(z)/log(2)",
    "ld": "log(z)/log(2)",
    "log1p": "log(1 + z)",
    "expm1": "exp(z) - 1",
    "tan": "tanh(z), or sin(z)/cos(z) for the tangent",
    "cot": "cos(z)/sin(z)",
    "sinh": "(exp(z) - exp(-z))/2",
    "cosh": "(exp(z) + exp(-z))/2",
    "gaussian": "exp(-z^2)",
    "cbrt": "z^(1/3)",
    "softmax": 'exp(z1)/(exp(z1) + exp(z2)), an equation for each class, or [network] with output = "softmax"',
    "sum": "z1 + z2 + z3",
    "mean": "(z1 + z2)/2",
    "norm": "sqrt(z1^2 + z2^2)",
    "sigmoid_derivative": "sigmoid(z)*(1 - sigmoid(z))",
}


# Losses are formulas, y the output and t the target; those that are found under these names.
_MSE, _BCE = "(y - t)^2, or ((y1 - t1)^2 + (y2 - t2)^2)/2 of two outputs", "-(t*ln(y) + (1 - t)*ln(1 - y))"
_CE, _LOGITS = "-(t1*ln(p1) + t2*ln(p2))", "softplus(z) - t*z"
LOSSES: dict[str, str] = {
    "(y - t)^2/2": "half_squared_error quadratic_loss l2_loss",
    _MSE: "squared_error mean_squared_error mse mse_loss sse",
    "sqrt((y1 - t1)^2 + (y2 - t2)^2)": "root_squared_error rmse",
    "abs(y - t)": "absolute_error mean_absolute_error mae mae_loss l1_loss",
    _BCE: "binary_cross_entropy bce bce_loss binary_crossentropy log_loss",
    _LOGITS: "sigmoid_cross_entropy bce_with_logits_loss binary_cross_entropy_with_logits",
    _CE: "cross_entropy softmax_cross_entropy cross_entropy_loss categorical_crossentropy nll_loss nll",
    "min(abs(y - t), 1)*(abs(y - t) - min(abs(y - t), 1)/2)": "huber huber_loss smooth_l1 smooth_l1_loss",
    "max(0, 1 - t*y)": "hinge hinge_loss",
    "max(0, 1 - t*y)^2": "squared_hinge",
    "t*ln(t/y)": "kl kl_div kl_div_loss kullback_leibler kl_divergence",
    "log((exp(y - t) + exp(t - y))/2)": "log_cosh logcosh",
    "y - t*ln(y)": "poisson poisson_nll_loss",
}


def bare(word: str) -> str:
    """A name without what never matters: leakyrelu for LeakyReLU, Leaky-ReLU and leaky_relu."""
    return "".join(c for c in word.lower() if c not in "_- ")


def _by_word(table: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, words in table.items():
        for word in words.split():
            found.setdefault(bare(word), []).append(name)
    return found


_SAME, _NEAR, _FORMULAS = _by_word(SAME), _by_word(NEAR), {bare(word): formula for word, formula in FORMULAS.items()}


def understood(word: str, known: Collection[str]) -> str:
    """The known name that a word can only mean, itself or another; "" where there is none."""
    if word in known:
        return word
    short = bare(word)
    alike = [name for name in known if bare(name) == short]
    if not alike:
        alike = [name for name in _SAME.get(short, ()) if name in known]
    return alike[0] if len(alike) == 1 else ""


def meant(word: str, known: Collection[str]) -> str:
    """The known name that a word means, or comes near; "" where there is none."""
    return understood(word, known) or next((name for name in _NEAR.get(bare(word), ()) if name in known), "")


def formula_for(word: str) -> str:
    """How a function that has no name here is written, "" where that is not known."""
    return _FORMULAS.get(bare(word), "")


def loss_formula(word: str) -> str:
    """How a loss that is called so is written, "" where that is not known."""
    short = bare(word)
    return next((formula for formula, words in LOSSES.items() if short in map(bare, words.split())), "")


def other_words(name: str) -> tuple[str, ...]:
    """What a name is also called and understood by."""
    return tuple(SAME.get(name, "").split())
