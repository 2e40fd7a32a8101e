"""Inputs as they should be, from which others are made: a few of each kind, each with what readers look at."""

from __future__ import annotations

import io
import json
from array import array
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import safetensors.torch
import torch
import xlsxwriter
from torch import nn

from chainrule.catalog.experiment.rows import Rows
from chainrule.engine.machine.check import check_experiment
from chainrule.explain.code.writing.script import pytorch_script
from chainrule.model.files import file_format
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.links import link_of
from chainrule.model.files.storage import decode_experiment
from chainrule.resource_files import example_paths, resources_directory
from tests.experiments import article
from tests.soak.inputs.histories import archived_histories, histories
from tests.soak.mutated_files import variants

SCRIPTS = Path(__file__).parents[2] / "explain" / "code" / "scripts"


@cache
def experiments() -> list[bytes]:
    """Files of the format, as JSON: half of them with a history."""
    plain, trained = variants(), histories()
    return [*plain, *(trained * len(plain))[: len(plain)]]


@cache
def archives() -> list[bytes]:
    """Files of the format, as archives: with large data, for which a few numbers are enough here."""
    found = []
    with patch.object(file_format, "MOST_IN_JSON", 3):
        for kind in "fd":
            rows = Rows.of_memory(memoryview(array(kind, range(24))), 2)
            data = replace(article().data, inputs=rows, targets=Rows.of(((0.5,),) * 12))
            found.append(encode_experiment(replace(article(), data=data)))
        found += [encode_experiment(decode_experiment(path.read_bytes())) for path in example_paths()[:3]]
    return [*(data for data in found if data.startswith(b"PK")), *archived_histories()]


@cache
def texts() -> list[bytes]:
    """CSV and TSV."""
    samples = (
        "a,b,kind\n1.5,2,cat\n3,NA,dog\n-4e-3,5,cat\n7,8,dog\n",
        "1\t2\t3\n4\t5\t6\n",
        "größe;länge;käfer\n1,5;2;süß\n2,5;3;groß\n",
        'name,"x, y",z\n"a ""b""",1,2\n"c\nd",3,4\n',
        "1.234,5;2\n2.000,25;3\n",
        "x y z\n1  2 3\n4 5 6\n",
        "\ufeffa|b\n1|2\n3|4\n",
        "h1,h2,h3\n" + "".join(f"{row},{row * row},{row / 7}\n" for row in range(200)),
    )
    return [*(text.encode() for text in samples), samples[2].encode("cp1252"), samples[0].encode("utf-16")]


ANSWERS = (
    "question,answer\nz1,0.3775\na1,0.3775\nL,1/3\nw[0,1],-0.4087\n",
    "student;variant;z1;a1;L\nada;A;0,38;0,5933;\nbob;;1;=2;x\n",
    "student,question,answer\nada,z1,0.3775\n=bob,z1,0.4\nada,a1,1e308\n",
    "student,Ada\nseed,7\nz1 = 0.5\ndL/dw_11^(2) = 0.08\n",
)


@cache
def answers() -> list[bytes]:
    """Tables of answers."""
    return [text.encode() for text in ANSWERS]


def answers_json() -> list[bytes]:
    """The same as JSON."""
    ada = {"student": "ada", "variant": None, "answers": {"z1": 0.3775, "w": [[0.1, "1/5"], [0.3, None]], "L": "-1"}}
    return [json.dumps(found).encode() for found in (ada, [ada, {"student": "bob", "z1": 2}], {"a1": 0.5})]


@cache
def answer_books() -> list[bytes]:
    """The same as workbooks."""
    found = []
    for text in ANSWERS[:3]:
        out = io.BytesIO()
        with xlsxwriter.Workbook(out) as book:
            sheet = book.add_worksheet()
            for place, line in enumerate(text.replace(";", ",").splitlines()):
                sheet.write_row(place, 0, line.split(","))
            sheet.write_formula(2, 1, "=1+1", None, 2)
        found.append(out.getvalue())
    return found


@cache
def workbooks() -> list[bytes]:
    """XLSX: numbers, shared and inline texts, formulas, dates, several sheets."""
    found = []
    for options in ({}, {"constant_memory": True}):
        out = io.BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for name in ("one", "two & more"):
                sheet = book.add_worksheet(name)
                sheet.write_row(0, 0, ["x", "kind", "day", "sum"])
                for row in range(1, 6):
                    sheet.write_row(row, 0, [row / 4, "cat" if row % 2 else "dog", 40_000 + row])
                    sheet.write_formula(row, 3, f"=A{row + 1}*2", None, row / 2)
                sheet.write(6, 2, 45_000, day)
                sheet.write_boolean(6, 3, True)
        found.append(out.getvalue())
    return found


@cache
def arrays() -> list[bytes]:
    """NPY: types, orders, versions, dimensions."""
    values = (
        *(np.eye(3), np.arange(12.0).reshape(3, 2, 2), np.asfortranarray(np.arange(6.0).reshape(3, 2))),
        *(
            np.arange(6, dtype="<i4").reshape(3, 2),
            np.array([[1, 2], [3, 4]], ">f4"),
            np.array([[True, False]]),
            np.eye(2, dtype="f2"),
        ),
    )
    found = []
    for version, value in enumerate(values):
        out = io.BytesIO()
        np.lib.format.write_array(out, value, version=((1, 0), (2, 0), (3, 0))[version % 3])
        found.append(out.getvalue())
    return found


@cache
def several_arrays() -> list[bytes]:
    """NPZ: with compression and without."""
    found = []
    for save in (np.savez, np.savez_compressed):
        for contents in ({"x": np.eye(3), "y": np.arange(3)}, {"data": np.arange(40.0).reshape(10, 4)}):
            out = io.BytesIO()
            save(out, **contents)
            found.append(out.getvalue())
    return found


def module() -> nn.Sequential:
    """A network whose weights fit into the article's experiment."""
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double()


@cache
def saved() -> list[bytes]:
    """What `torch.save` writes: a state_dict, checkpoints with an optimizer, other types of numbers."""
    network = module()
    contents: list[object] = [network.state_dict(), {name: each.half() for name, each in network.state_dict().items()}]
    for make in (torch.optim.Adam, torch.optim.SGD):
        optimizer = make(network.parameters(), lr=0.1)
        network(torch.ones(1, 2, dtype=torch.float64)).sum().backward()
        optimizer.step()
        contents.append({"model_state_dict": network.state_dict(), "optimizer_state_dict": optimizer.state_dict()})
    found = []
    for content in contents:
        out = io.BytesIO()
        torch.save(content, out)
        found.append(out.getvalue())
    return found


@cache
def tensors() -> list[bytes]:
    """Safetensors."""
    state = module().state_dict()
    by_ref = {"layers.1.bias": torch.tensor([7.0]), "layers.0.weight.exp_avg": torch.eye(2)}
    return [
        safetensors.torch.save(each) for each in (state, by_ref, {"fc.weight": torch.ones(2, 2, dtype=torch.bfloat16)})
    ]


@cache
def scripts() -> list[bytes]:
    """PyTorch scripts: those of the tests, and what is exported of the examples."""
    found = [path.read_bytes() for path in sorted(SCRIPTS.rglob("*.txt"))[:30]]
    for path in example_paths():
        try:
            script = pytorch_script(check_experiment(decode_experiment(path.read_bytes())))
        except ValueError:
            # PyTorch has not all that it asks for.
            continue
        found.append(script.text.encode())
    return [script for script in found if script.strip() and len(script) < 20_000]


@cache
def links() -> list[bytes]:
    """Links."""
    found = [link_of(decode_experiment(data)) for data in experiments() if len(data) < 5000]
    return [*(link.encode() for link in found), b"<" + found[0][:40].encode() + b"\n" + found[0][40:].encode() + b">"]


NEURON = resources_directory() / "experiments" / "single-neuron.chainrule"


@cache
def lessons() -> list[bytes]:
    """Lessons about one neuron: the first one that comes with the program, and the parts of it in many forms."""
    whole = (resources_directory() / "lessons" / "01-one-neuron" / "lesson.toml").read_text(encoding="utf-8")
    head, *steps = whole.split("[[step]]")
    single = [f"{head}[[step]]{step}" for step in steps]
    head = 'title = "T"\nexperiment = "neuron.chainrule"\n[[step]]\n'
    others = (
        'text = "Is {{loss@2:6}} below $\\frac{ {{loss}} }{2}$, or 0.25?"\nview = { cards = ["tabs"] }\n',
        'text = "## A\\n\\n- b *c*\\n- `d` $$x$$"\nlit = ["loss", "input[0,0]"]\nat = { iteration = 3 }\n',
        'text = "Go."\ndo = [{ edit = "lr", to = 0.1 }, { loss_below = 0.3, within = 9 }, { check = "loss@1" }]\n',
    )
    claims = 'claims = [{ says = "0.25", formula = "1/4" }]\n'
    return [text.encode() for text in (whole, *single, *(head + other + claims for other in others))]


PASTED = (
    b"1\t2\t3\n4\t5\t6\n",
    b"x;y;z\n0,5;1;2\n1/3;sqrt(2)/2;pi\n",
    b"1,2,3\n4,5,6",
    b"1 2\n3 4\n",
    b"a\tb\n1\t=1/3\n2024-01-02\tnan\n",
    b"\n".join(b"%d\t%d" % (row, row * 7) for row in range(100)),
)
NUMBERS = (
    *(b"0", b"-1.5e-3", b"1/3", b"sqrt(2)/2", b"pi", b"-e^2", b"=2*3", b"0,5", b"1e6", b"\xe2\x88\x922", b"1.5"),
    *(b"min(1, 2)", b"if(1 < 2, 3, 4)", b"2^3^2", b"exp(log(3))", b"(1 + 2)*3", b"1e-320", b"+.5", b"100000"),
)
FORMULAS = (
    *(b"sin(z)", b"z/(1 + exp(-z))", b"if(z > 0, z, 0.1*z)", b"max(0, min(z, 6))/6", b"z^3 - 2*z", b"erf(z)*z"),
    *(b"(o - t)^4", b"abs(o - t)", b"log(1 + exp(-o*t))", b"floor(z) + sign(z)", b"softplus(z)**2", b"-z^-2"),
)
NETWORKS = tuple(
    json.dumps(lines).encode()
    for lines in (
        ["q = x + y", "f = q*z"],
        ["f = 1/(1 + exp(-(w0*x0 + w1*x1 + w2)))"],
        ["a = max(x, y)", "f = a*2 + x"],
    )
)
