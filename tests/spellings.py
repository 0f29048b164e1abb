"""How people write answers: (exercise, what was written, its key, the verdict)."""

from pathlib import Path

import symnet
from symnet.algebra.mistakes import Mistake

RELU = Path(__file__).parent.parent / "worksheets" / "relu.toml"

SIGMOID = """
title = "2-2-1 sigmoid with biases"
learning_rate = 0.5
[given]
x1 = 0.5
x2 = -1
t = 1
[parameters]
w11 = 0.4
w12 = 0.3
b1 = 0.1
w21 = -0.2
w22 = 0.6
b2 = -0.3
v1 = 0.7
v2 = -0.5
c = 0.2
[equations]
z1 = "w11*x1 + w12*x2 + b1"
h1 = "sigmoid(z1)"
z2 = "w21*x1 + w22*x2 + b2"
h2 = "sigmoid(z2)"
z = "v1*h1 + v2*h2 + c"
y = "sigmoid(z)"
L = "(y - t)^2/2"
"""

EXERCISES = {
    "relu": symnet.load(RELU),
    "sigmoid": symnet.loads(SIGMOID),
    "mazur": symnet.load(RELU.with_name("two-outputs.toml")),
}

ANSWERS = [
    ("relu", "delta5=10", "grad(x5)", "right"),
    ("relu", "δ5=10", "grad(x5)", "right"),
    ("relu", "δ_5=10", "grad(x5)", "right"),
    ("relu", "δ₅ = 10", "grad(x5)", "right"),
    ("relu", "\\delta_5=10", "grad(x5)", "right"),
    ("relu", "δ_x5=10", "grad(x5)", "right"),
    ("relu", "delta(x5)=10", "grad(x5)", "right"),
    ("relu", "grad(x5)=10", "grad(x5)", "right"),
    ("relu", "∂Loss/∂x₅=10", "grad(x5)", "right"),
    ("relu", "dE/dx5=10", "grad(x5)", "right"),
    ("relu", "dC/dx_5=10", "grad(x5)", "right"),
    ("relu", "dLoss_dx5=10", "grad(x5)", "right"),
    ("relu", "dL_dw35=50", "grad(w35)", "right"),
    ("relu", "dy3_dx3=1", "y3/x3", "right"),
    ("relu", "grad x5=10", "grad(x5)", "right"),
    ("relu", "∇x5=10", "grad(x5)", "right"),
    ("relu", "relu'(x3)=1", "y3/x3", "right"),
    ("relu", "ReLU′(x₃)=1", "y3/x3", "right"),
    ("relu", "f'(x4)=0", "y4/x4", "right"),
    ("relu", "dy3/dx3=1", "y3/x3", "right"),
    ("relu", "y3/x3=1", "y3/x3", "right"),
    ("relu", "dx5/dw35=5", "x5/w35", "right"),
    ("relu", "y5@1=10", "y5@1", "right"),
    ("relu", "Δw13 = -2", "change(w13)", "right"),
    ("relu", "w35@1 = -3", "w35@1", "right"),
    ("relu", "x=[1,-1,5,-3,10]", "x5", "right"),
    ("sigmoid", "sigma'(z)=0.2395", "y/z", "rounded"),
    ("sigmoid", "sigmoid'(z)=0.2395", "y/z", "rounded"),
    ("sigmoid", "σ′(z)=0.2395", "y/z", "rounded"),
    ("sigmoid", "\\sigma'(z)=0.2395", "y/z", "rounded"),
    ("sigmoid", "slope(h1)=0.25", "h1/z1", "right"),
    ("sigmoid", "slope(z1)=0.25", "h1/z1", "right"),
    ("sigmoid", "dy/dz=0.2395", "y/z", "rounded"),
    ("sigmoid", "∂y/∂z=0.2395", "y/z", "rounded"),
    ("sigmoid", "∂ y / ∂ z = 0.2395", "y/z", "rounded"),
    ("sigmoid", "d(y)/d(z)=0.2395", "y/z", "rounded"),
    ("sigmoid", "\\frac{\\partial y}{\\partial z}=0.2395", "y/z", "rounded"),
    ("sigmoid", "dL/dz=-0.0952", "grad(z)", "rounded"),
    ("sigmoid", "d/dz L=-0.0952", "grad(z)", "rounded"),
    ("sigmoid", "dL/dw11=-0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "∂L/∂w11=-0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "∂L/∂w₁₁ = −0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "\\frac{\\partial L}{\\partial w_{11}}=-0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "$\\partial L/\\partial w_{11}$=-0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "∂Loss/∂W[1,1]=-0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "grad(w11) = -0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "GRAD(W11) = -0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "change(w11)=0.004166", "change(w11)", "rounded"),
    ("sigmoid", "Δw11=0.004166", "change(w11)", "rounded"),
    ("sigmoid", "∆w₁₁=0.004166", "change(w11)", "rounded"),
    ("sigmoid", "delta w11=0.004166", "change(w11)", "rounded"),
    ("sigmoid", "Delta_w11=0.004166", "change(w11)", "rounded"),
    ("sigmoid", "w11'=0.404166", "w11", "rounded"),
    ("sigmoid", "w11_new=0.4042", "w11", "rounded"),
    ("sigmoid", "w_{11}^{new}=0.4042", "w11", "rounded"),
    ("sigmoid", "w11⁺=0.4042", "w11", "rounded"),
    ("sigmoid", "new w11=0.4042", "w11", "rounded"),
    ("sigmoid", "new(w11)=0.4042", "w11", "rounded"),
    ("sigmoid", "w11+=0.4042", "w11", "rounded"),
    ("sigmoid", "w_11 ← 0.4042", "w11", "rounded"),
    ("sigmoid", "L_new=0.0728", "new(L)", "rounded"),
    ("sigmoid", "L_after=0.0728", "new(L)", "rounded"),
    ("sigmoid", "L'=0.0728", "new(L)", "rounded"),
    ("sigmoid", "L_{new}=0.0728", "new(L)", "rounded"),
    ("sigmoid", "loss_new=0.0728", "new(L)", "rounded"),
    ("sigmoid", "new(L)=0.0728", "new(L)", "rounded"),
    ("sigmoid", "L=0.0728", "L", "wrong"),
    ("sigmoid", "h=[0.5,0.2689]", "h2", "rounded"),
    ("sigmoid", "h=0.5,0.2689", "h2", "rounded"),
    ("sigmoid", "h = (0,5; 0,2689)", "h2", "rounded"),
    ("sigmoid", "h=[0.5 0.2689]ᵀ", "h1", "right"),
    ("sigmoid", "w=[[0.4042,0.2917],[-0.2023,0.6047]]", "w11", "rounded"),
    ("sigmoid", "Δw=[[0.004166,-0.00833],[-0.00234,0.00468]]", "change(w21)", "rounded"),
    ("sigmoid", "w11.grad=-0.00833", "grad(w11)", "rounded"),
    ("sigmoid", "h1 = √0.25", "h1", "right"),
    ("sigmoid", "y = 1/(1+e^(-z))", "y", "right"),
    ("sigmoid", "y = sigmoid(0.4155) = 0.6024", "y", "rounded"),
    ("sigmoid", "y = sigmoid(0.41553)", "y", "rounded"),
    ("sigmoid", "L=(y-t)²/2", "L", "right"),
    ("mazur", "δ_o1=0.1385", "grad(net_o1)", "rounded"),
    ("mazur", "∂E_total/∂w₅=0.0822", "grad(w5)", "rounded"),
    ("mazur", "∂E/∂net_{o1}=0.1385", "grad(net_o1)", "rounded"),
    ("mazur", "h₁=0.5933", "out_h1", "rounded"),
    ("mazur", "o1 = 1/(1+e^(-net_o1))", "out_o1", "right"),
    ("mazur", "E_new=0.2910", "new(E)", "rounded"),
    ("mazur", "w5(t+1)=0.35892", "w5", "rounded"),
    ("mazur", "∂E/∂w5 = 0.7414*0.1868*0.5933", "grad(w5)", "rounded"),
    ("relu", "dL/dw13 = 10*1*2*1*1 = 20", "grad(w13)", "right"),
    ("relu", "∂L/∂w13 = 10·1·2·1·1 = 20", "grad(w13)", "right"),
    ("relu", "w13 = 10*1*2*1*1", "w13", "wrong"),
    ("relu", "w13 = 2 - 0.1*20 = 0", "w13", "right"),
    ("relu", "grad(w13)=10*1*2*1*1", "grad(w13)", "right"),
    ("relu", "grad(w13)=10*1*2*1*1=20", "grad(w13)", "right"),
    ("relu", "grad(w13)=(y5-t)*w35*x1", "grad(w13)", "right"),
    ("relu", "grad(w13)=(y₅ − t)·ReLU′(x₅)·w₃₅·ReLU′(x₃)·x₁ = (10 − 0)·1·2·1·1 = 20", "grad(w13)", "right"),
    ("relu", "grad(w13)=dL/dx3·x1", "grad(w13)", "right"),
    ("relu", "grad(w35)=(y5-t)*y3", "grad(w35)", "right"),
    ("relu", "grad(w35)=δ5·y3", "grad(w35)", "right"),
    ("relu", "grad(w35)=100/2", "grad(w35)", "right"),
    ("relu", "grad(w35)=5e1", "grad(w35)", "right"),
    ("relu", "grad(w35)=5 E+1", "grad(w35)", "right"),
    ("sigmoid", "L=7.9 E-2", "L", "rounded"),
    ("relu", "grad(w35)=50,0", "grad(w35)", "right"),
    ("relu", "grad(w35)=5·10^1", "grad(w35)", "right"),
    ("relu", "grad(w35)=5*10^1", "grad(w35)", "right"),
    ("relu", "grad(w35)=5×10¹", "grad(w35)", "right"),
    ("relu", "grad(w35)=+50", "grad(w35)", "right"),
    ("relu", "x4 = − 3", "x4", "right"),
    ("sigmoid", "L≈0.079", "L", "rounded"),
    ("sigmoid", "L ~ 0.079", "L", "rounded"),
    ("sigmoid", "L=0.079...", "L", "rounded"),
    ("sigmoid", "L=0.079…", "L", "rounded"),
    ("sigmoid", "L=~0.079", "L", "rounded"),
    ("sigmoid", "L: 0.079", "L", "rounded"),
    ("sigmoid", "L = 0.07904 J", "L", "rounded"),
    ("sigmoid", "L = 0.07904 (I think)", "L", "rounded"),
    ("sigmoid", "y/z = y(1-y)", "y/z", "right"),
    ("sigmoid", "dy/dz = 0.6024*(1-0.6024) = 0.2395", "y/z", "rounded"),
    ("sigmoid", "c_new = c - η*dL/dz", "c", "right"),
]

# What means nothing, or may mean several things: (exercise, what was written, a part of the line that says so).
REFUSED = [
    ("sigmoid", "y-t=-0.3976", "so write grad(y)=…"),
    ("sigmoid", "v1*h1=0.35", "such as z=…"),
    ("sigmoid", "grad=[-0.00833,0.0167]", "h=[0.5, 0.3] is for h1 and h2"),
    ("sigmoid", "h=[0.5]", "h stands for 2 numbers, h1, h2"),
    ("sigmoid", "h=[0.5,0.2,0.3]", "h1, h2, and 3 numbers were given"),
    ("sigmoid", "h=0.5", "h1, h2"),
    ("sigmoid", "z=[0.5,0.2]", "z is one number"),
    ("sigmoid", "w=[[1,2]]", "4 numbers"),
    ("sigmoid", "δ=0.1", "grad(z1) or grad(z2) or grad(z) here; write which"),
    ("sigmoid", "δ_h1=0.1", "grad(z1) or grad(h1) here; write which"),
    ("sigmoid", "h1'=0.1", "h1/z1, the slope of its activation, or new(h1)"),
    ("sigmoid", "dw11=0.1", "grad(w11) or change(w11); write which"),
    ("sigmoid", "dy/dv1=0.1", "symnet solve FILE --of y --wrt v1"),
    ("sigmoid", "tanh'(z)=0.1", "the function of z here is sigmoid"),
    ("sigmoid", "sigma'(h1)=0.1", "h1/z1"),
    ("sigmoid", "slope(L)=0.1", "has no activation"),
    ("sigmoid", "new(x1)=0.1", "x1 is given"),
    ("sigmoid", "change(h1)=0.1", "h1 is not a parameter"),
    ("sigmoid", "y@2=0.1", "the number of the update, here 1 alone, as in y@1"),
    ("sigmoid", "y@0=0.1", "1 alone"),
    ("sigmoid", "y@x=0.1", "1 alone"),
    ("sigmoid", "t@1=0.1", "t has no value of its own"),
    ("sigmoid", "q9=0.1", '"q9" is not a quantity of this exercise'),
    ("sigmoid", "L=five", 'L is "five"; it must be a number'),
    ("sigmoid", "L=0.3*", "ends where a value is expected"),
    ("sigmoid", "L=q*2", '"q" is not known here'),
    ("sigmoid", "L=2½", "it must be a number"),
    ("sigmoid", "new(L)=y-t", "give its number"),
]


def outcome(read, *words):
    """(the line of what is refused, what is read)."""
    try:
        return "", read(*words)
    except Mistake as mistake:
        return str(mistake), None
