"""What the tests of bad input share: exercises that are fine, and what a refusal looks like."""

LINE = """
learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
w = 3
[equations]
y = "w*x"
L = "(y - t)^2/2"
"""


NETWORK = """
[network]
layers = [2, 2, 1]
weights = { W1 = [[1, 2], [3, 4]], b1 = [5, 6], W2 = [[7], [8]], b2 = [9] }
inputs = [[1, 2]]
targets = [[1]]
"""


def one_line(code, out, err):
    """The message, which must be one line without a traceback, with nothing on standard output."""
    assert code == 2, (code, out, err)
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert all(c.isprintable() for c in err[:-1]), err
    assert len(err) < 1000
    return err


def equations(*lines):
    return "[given]\nx = 2\n[parameters]\nw = 3\n[equations]\n" + "\n".join(lines)
