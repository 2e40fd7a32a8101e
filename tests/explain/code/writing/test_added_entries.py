"""Entries that tests add to the tables, and torch has nothing of: their script is a print of their formulas."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from chainrule.catalog.arguments import Choice, Number, SpecError
from chainrule.catalog.experiment.spec import LayerSpec, NetworkSpec, PenaltySpec
from chainrule.catalog.loss import REDUCTION, Loss
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.optimizers.common import BETAS, COUNT_STEPS, STEP_BUFFER, learning_rate
from chainrule.catalog.optimizers.entry import BETA1, GRAD, LR, Buffer, Extent, Optimizer, Update
from chainrule.catalog.penalties import PENALTIES, Penalty
from chainrule.engine.machine.check import check_experiment
from chainrule.explain.code.writing.script import pytorch_script
from tests import added_activations
from tests.explain.code.writing.running import check_script
from tests.explain.code.writing.test_tables import small

LOG_COSH = Loss(
    "LogCosh",
    "the logarithm of the hyperbolic cosine of the distance",
    "scale*log(cosh(o - t)) + if(o > t, sqrt(o - t + 1), 1)",
    arguments=(REDUCTION, Number("scale", 2.0, "scale")),
)
ELASTIC = Penalty(
    "Elastic", "both", "pulls", (Number("factor", 0.01, "factor"),), lambda factor: "factor*(abs(w) + w^2)"
)
SIGNED = Optimizer(
    "Signed",
    (learning_rate(0.01), BETAS, Number("power", 0.5, "power")),
    lambda choice, shape: (STEP_BUFFER, Buffer("mean", initial="lr")),
    lambda choice, shape: (
        COUNT_STEPS,
        Update("share", ("step.next",), "1/step.next^power", "a share", Extent.SCALAR),
        Update("mean.next", ("mean", GRAD, BETA1), "beta1*mean + (1 - betas_1)*grad", "a mean"),
        Update("next", ("", "mean.next", LR, "share"), "param - lr*share*sign(mean.next)", "moves"),
    ),
)


@pytest.mark.parametrize("shifts", [1, 3])
def test_an_activation_that_learns_is_a_module_of_its_own(shifts: int) -> None:
    with added_activations.added():
        script = check_script(check_experiment(added_activations.experiment(shifts)))
    assert "class Bent0(nn.Module):" in script.text
    assert "def activation_1(z):" in script.text


def test_a_loss_and_a_penalty_are_prints_of_their_formulas() -> None:
    with patch.dict(LOSSES, LogCosh=LOG_COSH), patch.dict(PENALTIES, Elastic=ELASTIC):
        for reduction in ("mean", "sum", "batchmean"):
            experiment = small(penalties=(PenaltySpec(Choice("Elastic", {"factor": 0.5}), ("*",)),))
            loss = Choice("LogCosh", {"reduction": reduction})
            check_script(check_experiment(replace(experiment, loss=loss)))


def test_an_optimizer_is_a_class_of_its_formulas() -> None:
    with patch.dict(OPTIMIZERS, Signed=SIGNED):
        script = check_script(small(optimizer=Choice("Signed", {"lr": 0.05})))
    assert "class Signed(torch.optim.Optimizer):" in script.text


def test_what_no_formula_of_one_number_says_is_refused_in_a_line() -> None:
    with added_activations.added():
        network = NetworkSpec(2, (LayerSpec(3, Choice("Unsure")), LayerSpec(2)))
        with pytest.raises(SpecError, match=r"\$\.network\.layers\[0\]\.activation: PyTorch has no Unsure"):
            pytorch_script(small(network=network))
