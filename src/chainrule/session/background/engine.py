"""What the window computes with. It needs torch: `chainrule.session.background.lazy_engine` imports it then."""

from __future__ import annotations

from chainrule.engine import convention_walks, data, metrics, state, trace
from chainrule.engine.machine import budget, check, devices
from chainrule.engine.machine import memory as machine
from chainrule.engine.race import race as racing
from chainrule.engine.referee import verify
from chainrule.explain import equations
from chainrule.explain.derivation import derivation
from chainrule.explain.sentences import narration
from chainrule.lessons import answer, hand_calculation
from chainrule.lessons import calculation as calculations
from chainrule.model.curves import (
    accuracy,
    data_points,
    learned,
    neuron,
    readings,
    row_table,
    surface,
    walks,
)
from chainrule.model.curves import activation as curves
from chainrule.model.curves import learning_rates as rates
from chainrule.model.curves import loss_slice as slope
from chainrule.model.curves import path as paths
from chainrule.model.flow import gradient_troubles, histograms, unit_slopes
from chainrule.model.reopening import restored_numbers
from chainrule.model.timeline import layer_steps, states, timeline
from chainrule.model.warp import lines as warp_lines
from chainrule.model.warp import plane as warp_plane


class Engine:
    """All that is asked of modules that need torch, by the names that it has there."""

    # What an experiment needs, and whether this machine can compute it.
    check_experiment = staticmethod(check.check_experiment)
    check_machine = staticmethod(check.check_machine)
    check_budget = staticmethod(budget.check_budget)
    estimate = staticmethod(budget.estimate)
    free_memory = staticmethod(machine.free_memory)
    available_devices = staticmethod(devices.available_devices)
    device_label = staticmethod(devices.device_label)
    failure_of = staticmethod(devices.failure_of)
    refusal_of = staticmethod(devices.refusal_of)
    # Training, and its states.
    timeline = timeline.Timeline
    known = trace.Computed
    first_non_finite = staticmethod(trace.first_non_finite)
    split = staticmethod(data.split)
    training_state = state.TrainingState
    next_state = staticmethod(state.next_state)
    state_to_keep = staticmethod(state.state_to_keep)
    fitting_start = staticmethod(states.fitting_start)
    initial_numbers = staticmethod(states.initial_numbers)
    state_numbers = staticmethod(states.state_numbers)
    replace_element = staticmethod(states.replace_element)
    rescheduled = staticmethod(states.rescheduled)
    fitting_overrides = staticmethod(states.fitting_overrides)
    same_values = staticmethod(states.same_values)
    restored = staticmethod(restored_numbers.restored)
    # How many of a run's answers are right.
    classify = staticmethod(metrics.classify)
    # Many runs side by side.
    race = racing.Race
    race_estimate = staticmethod(racing.race_estimate)
    # What is explained, drawn and verified of it.
    introduce = staticmethod(narration.introduce)
    own_reason = staticmethod(narration.own_reason)
    narrate = staticmethod(narration.narrate)
    explain_element = staticmethod(equations.explain_element)
    place_of = staticmethod(derivation.derived_element)
    derive = staticmethod(derivation.derive)
    loss_slice = staticmethod(slope.loss_slice)
    slice_ends = staticmethod(slope.slice_ends)
    activation_curve = staticmethod(curves.activation_curve)
    activation_slope = staticmethod(curves.activation_slope)
    neuron = neuron
    layer_steps = layer_steps
    unit_slopes = unit_slopes
    histograms = histograms
    troubles = gradient_troubles
    learning_rates = staticmethod(rates.learning_rates)
    path = staticmethod(paths.path)
    output_over = staticmethod(paths.output_over)
    accuracy = accuracy
    conventions = convention_walks
    row_table = row_table
    surface = surface
    walks = walks
    warp_plane = warp_plane
    warp_lines = warp_lines
    data_points = staticmethod(data_points.data_points)
    side_of = staticmethod(learned.side_of)
    learned_map = staticmethod(learned.learned_map)
    outputs_of = staticmethod(learned.outputs_of)
    plane = learned.InputPlane
    readings = readings
    # What a person worked out, checked.
    calculation = calculations.Calculation
    answering = staticmethod(answer.answering)
    checking_calculation = staticmethod(hand_calculation.checking_calculation)
    calculation_lines = staticmethod(hand_calculation.calculation_lines)
    verify_run = staticmethod(verify.verify_run)
    verify_parts = staticmethod(verify.verify_parts)
