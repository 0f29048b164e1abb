"""The formulas of sizes against what is counted on the layers' own equations, and against published figures."""

from fractions import Fraction

import pytest
from test_layer_kinds import NETS, made
from test_sizes import gpt2, lenet, resnet18, vgg11

import symnet
from symnet import layers as la
from symnet.algebra.size_formulas import size_formulas
from symnet.algebra.size_kinds import KINDS
from symnet.algebra.sized import FIELDS
from symnet.computing.program import Program, identifier
from symnet.exercises.formulas import written_out

LARGE = {"lenet": ((1, 28, 28), lenet()), "vgg11": ((3, 224, 224), vgg11()), "resnet18": ((3, 224, 224), resnet18())}
LARGE["gpt2"] = ((1024,), gpt2(768, 12, 12))


def worked(formulas):
    """The value of every name."""
    given = {name: Fraction(value) for name, value in formulas.given.items()}
    network = written_out(formulas.equations, given, {}, ())
    frame = {identifier(name): value for name, value in given.items()}
    Program(network.equations).run(frame)
    return {name: frame[identifier(name)] for name in (*given, *formulas.equations)}


def nets():
    yield from LARGE.items()
    for name in NETS:
        net, _, _ = made(name)
        yield name, (tuple(map(int, net.inputs[0].shape[1:])), [placed.spec for placed in net.layers])


@pytest.mark.parametrize(("shape", "specs"), [pytest.param(*net, id=name) for name, net in nets()])
def test_formulas_give_what_is_counted_on_the_equations_of_the_layers(shape, specs):
    formulas = size_formulas(shape, specs)
    value, counted = worked(formulas), symnet.summary(shape, specs)
    assert value["parameters"] == counted.parameters
    assert value["macs"] == counted.multiply_adds
    assert value["memory"] == 4 * value["activations"]
    for row in formulas.layers:
        if not row.place.isdigit():
            continue  # a layer inside another, which is counted as one
        sizes = counted.rows[int(row.place) - 1].sizes
        assert tuple(value[name] for name in row.shape.values()) == sizes.output
        assert value[row.lines["activations"]] == sizes.activations.value
        assert (row.sees == "all") == (sizes.receptive is None)
        fields = [value[name] for role, name in row.lines.items() if role in FIELDS[1:]]
        assert set(fields) <= {count.value for count in sizes.receptive or ()}
        assert bool(fields) == (row.sees == "")
    for one, another in formulas.agree:
        assert value[one] == value[another]


def test_every_kind_of_layer_is_worked_in_a_net_above():
    used = {row.kind for _, net in nets() for row in size_formulas(*net).layers}
    assert used == {*la.CATALOGUE}
    assert {*KINDS} == {*la.CATALOGUE} - {"residual"}
    for name, function in KINDS.items():
        assert function.__doc__, name


def test_published_figures_come_out_of_the_formulas():
    """Dive into Deep Learning counts the multiplications of C1 so; the totals are those of the papers."""
    value = worked(size_formulas(*LARGE["lenet"]))
    assert (value["parameters1"], value["macs1"], value["parameters3"], value["macs3"]) == (
        156,
        117_600,
        2_416,
        240_000,
    )
    assert value["parameters"] == 61_706
    assert [value[f"field{i}"] for i in range(1, 5)] == [5, 6, 14, 16]  # each C3 and S4 unit of LeNet-5
    for name, count in (("vgg11", 132_863_336), ("resnet18", 11_689_512), ("gpt2", 124_439_808)):
        assert worked(size_formulas(*LARGE[name], columns=("parameters",)))["parameters"] == count


def test_only_what_is_asked_is_written_down():
    every, few = size_formulas(*LARGE["lenet"]), size_formulas(*LARGE["lenet"], columns=("shape", "parameters"))
    assert {name for name in every.equations if not name.startswith(("macs", "act", "mem", "field", "jump"))} == {
        *few.equations
    }
    assert "bytes" in every.given
    assert "bytes" not in few.given


def test_a_number_that_variants_draw_has_a_name_also_where_it_is_left_out():
    net = ((1, 9, 9), [la.conv(2, 3), la.max_pool(2)])
    assert "padding1" not in size_formulas(*net).given
    assert size_formulas(*net, varied=["padding1"]).given["padding1"] == 0
    assert size_formulas(*net, varied=["stride2"]).given["stride2"] == 2
    apart = size_formulas(*net, varied=["width0"])
    assert apart.given["width0"] == 9
    assert "width0" in apart.equations["width1"]
