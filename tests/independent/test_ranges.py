"""Ranges and posteriors against a second working: differential equations, and a fine quadrature.

Written from the reference, without the package's mathematics: volumes and clocks are scaled in the equations, the
range is combined by hand, and the posterior is integrated over (patient, next session) with explicit past sessions.
"""

import math

import numpy as np
import pint
import pytest
from scipy.integrate import quad, solve_ivp

import pexcalc
from pexcalc.kinetics.learning import Evidence, Returns, followed, next_session, posterior
from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, forecast
from pexcalc.kinetics.scenarios import level_at_end
from pexcalc.kinetics.trajectory import (
    CoursePlan,
    SessionPart,
    TurnoverRates,
    one_pool,
    trajectory,
    two_compartments,
)

Q = pint.UnitRegistry().Quantity
PARAMETERS = {  # k12, fraction, kel: low, typical, high
    "igg": ((0.01, 0.03, 0.03), (0.45, 0.45, 0.45), (0.00279, 0.0030562045, 0.0030562045)),
    "fibrinogen": ((0.01417, 0.025, 0.03583), (0.65, 0.72, 0.79), (0.00833, 0.01, 0.01167)),
}
PARTS = ((0.4, 0.8, 0.0), (0.6, 1.2, 0.5))  # plasma volumes, hours, level in the fluid


def course(parameters, parts, gap, sessions, eta=1.0, rho=1.0, later=0.0):
    """Plasma and body after each session, by an ODE solver; the gaps run on a clock of their own."""
    k12, fraction, kel = parameters
    k21 = k12 * fraction / (1 - fraction)
    state, made, found = [1.0, (1 - fraction) / fraction], kel, []

    def advance(state, hours, device, fed, clock):
        def rates(_, s):
            return [
                clock * (made + k21 * s[1] - (kel + k12) * s[0]) + fed - device * s[0],
                clock * (k12 * s[0] - k21 * s[1]),
            ]

        return solve_ivp(rates, (0, hours), state, rtol=1e-10, atol=1e-12).y[:, -1]

    for number in range(sessions):
        for volumes, hours, supply in parts:
            flow = volumes * eta / hours
            state = advance(state, hours, flow, flow * supply, 1.0)
        found.append((state[0], sum(state) * fraction))
        wait = gap if number < sessions - 1 else later
        state = advance(state, wait, 0.0, 0.0, rho) if wait else state
    return *found[-1], state[0]


def combined(values, carried):
    """The range from the center and the other values, by hand."""
    g = (lambda v: -v) if carried else (lambda v: math.log(-math.log(v)))
    back = (lambda v: -v) if carried else (lambda v: math.exp(-math.exp(v)))
    center, *others = (g(value) for value in values)
    up = math.sqrt(sum((v - center) ** 2 for v in others if v > center))
    down = math.sqrt(sum((v - center) ** 2 for v in others if v < center))
    return back(center + up), values[0], back(center - down)


@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("key", PARAMETERS)
def test_the_range_is_that_of_scaled_volumes_and_clocks(key, carried):
    spans = PARAMETERS[key]
    typical = [span[1] for span in spans]
    ends = [
        [*typical[:i], end, *typical[i + 1 :]]
        for i, span in enumerate(spans)
        for end in (span[0], span[2])
    ]
    parts = PARTS if carried else ((1.0, 2.0, 0.0),)
    runs = [
        course(rates, parts, 22.0, 3, eta, rho, later=48.0)
        for rates, eta, rho in [
            (typical, 1, 1), (typical, 0.5, 1), (typical, 1.4, 1), (typical, 1, 0.3), (typical, 1, 2),
            *((rates, 1, 1) for rates in ends),
        ]
    ]  # fmt: skip
    found = forecast(
        two_compartments(*spans), CoursePlan(tuple(SessionPart(*part) for part in parts), 22.0, 3)
    )
    plasma, body, later = (combined(values, carried) for values in zip(*runs))
    assert found.after(3) == pytest.approx(plasma, abs=1e-6)
    assert found.body_after(3) == pytest.approx(body, abs=1e-6)
    assert found.later(48.0)[0] == pytest.approx(later, abs=1e-6)


@pytest.mark.parametrize(("eta", "rho"), [(0.5, 1.0), (1.0, 0.3), (1.4, 2.0)])
def test_the_mean_level_is_the_integral_over_real_hours(eta, rho):
    k12, fraction, kel = (span[1] for span in PARAMETERS["fibrinogen"])
    k21 = k12 * fraction / (1 - fraction)

    def rates(time, s):
        clock, device = (1.0, eta / 2) if time < 2 else (rho, 0.0)
        return [
            clock * (kel + k21 * s[1] - (kel + k12) * s[0]) - device * s[0],
            clock * (k12 * s[0] - k21 * s[1]),
            s[0],
        ]

    state = [1.0, (1 - fraction) / fraction, 0.0]
    for hours in ((0, 2 - 1e-12), (2, 24)):
        state = solve_ivp(rates, hours, state, rtol=1e-10, atol=1e-12).y[:, -1]
    plan = CoursePlan((SessionPart(1.0, 2.0),))
    known = two_compartments(*PARAMETERS["fibrinogen"]).typical
    found = trajectory(known, plan, eta, rho).mean_level(plan, 24.0)
    assert found == pytest.approx(state[2] / 24, rel=1e-7)


@pytest.mark.parametrize("half_life", [0.08, 1.2, 148.0])
@pytest.mark.parametrize(("eta", "production"), [(0.5, 2.0), (1.4, 0.5)])
def test_a_scenario_is_the_solution_of_its_equation(half_life, eta, production):
    k = math.log(2) / half_life
    solved = solve_ivp(lambda _, s: [production * k - (k + eta / 2) * s[0]], (0, 2), [1.0], rtol=1e-10, atol=1e-12)  # fmt: skip
    level = level_at_end(one_pool(k), CoursePlan((SessionPart(1.0, 2.0),)), eta, production)
    assert level == pytest.approx(solved.y[0, -1], rel=1e-7)


def normal(x, mean, variance):
    return math.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(variance)


@pytest.mark.parametrize(("y", "variance", "sessions"), [(-0.5, 0.019, 1), (0.3, 0.013, 2), (-0.2, 0.011, 5)])  # fmt: skip
def test_the_closed_form_is_the_posterior_of_the_patient_and_a_new_session(y, variance, sessions):
    """The patient's mean has the prior; each past session and the next scatter around it."""
    between = 0.32**2 - 0.10**2

    def weight(u):
        return normal(u, -0.16, between) * normal(y, u, variance / sessions)

    total = quad(weight, -2.5, 2.5, epsabs=1e-12)[0]
    mean = quad(lambda u: u * weight(u), -2.5, 2.5, epsabs=1e-12)[0] / total
    square = quad(lambda u: (u - mean) ** 2 * weight(u), -2.5, 2.5, epsabs=1e-12)[0] / total
    found = next_session(Evidence(y, variance / sessions, sessions))
    assert found.mean == pytest.approx(mean, abs=1e-6)
    assert found.sd == pytest.approx(math.sqrt(square + 0.10**2), abs=1e-6)


@pytest.mark.parametrize("rho", [0.35, 0.8, 1.7])
@pytest.mark.parametrize(("sessions", "assay"), [(5, 0.02), (5, 0.06), (10, 0.06)])
def test_the_grid_is_close_to_a_fine_quadrature(rho, sessions, assay):
    known = two_compartments(*PARAMETERS["fibrinogen"]).typical
    plan = CoursePlan((SessionPart(1.0, 2.0),), 46.0, sessions)
    true = trajectory(known, plan, 0.8, rho)
    levels = tuple((n, true.before[n - 1][0], assay) for n in range(2, sessions + 1))
    y, variance = math.log(0.8), 0.019
    found = posterior(Evidence(y, variance, 1), [Returns(known, plan, levels)])

    total, shrink = 0.32**2, (0.32**2 - 0.10**2) / 0.32**2
    left = shrink * 0.10**2
    etas, rhos = np.meshgrid(
        np.linspace(-1.5, 1.2, 161), np.linspace(-2.6, 2.1, 161), indexing="ij"
    )
    past = -0.16 + shrink * (etas + 0.16)
    log = -((etas + 0.16) ** 2) / (2 * total) - (rhos + 0.26) ** 2 / (2 * 0.58**2)
    log -= (y - past) ** 2 / (2 * (variance + left))
    modeled = trajectory(known, plan, np.exp(past), np.exp(rhos))
    for n, level, cv in levels:
        expected = np.log(modeled.before[n - 1][0])
        spread = 2 * cv**2 + (left + 0.10**2) * expected**2
        log -= (math.log(level) - expected) ** 2 / (2 * spread) + np.log(spread) / 2
    weight = np.exp(log - log.max())
    for one, axis in ((found.eta, etas), (found.rho, rhos)):
        mean = (weight * axis).sum() / weight.sum()
        sd = math.sqrt((weight * (axis - mean) ** 2).sum() / weight.sum())
        assert one.mean == pytest.approx(mean, abs=0.01)
        assert one.sd == pytest.approx(sd, rel=0.05)


def test_the_spread_between_patients_is_that_of_the_reference():
    assert BETWEEN_PATIENTS == ((0.5, 1.0, 1.4), (0.3, 1.0, 2.0))


def test_the_levels_of_a_course_with_other_volumes_are_those_of_an_ode_solver():
    k12, fraction, kel = (one[1] for one in PARAMETERS["igg"])
    k21, pool = k12 * fraction / (1 - fraction), (1 - fraction) / fraction
    rates = TurnoverRates(k12, k21, kel)
    volumes, gap, rho = (1.0, 1.4, 0.7), 46.0, 0.5
    found = followed(rates, CoursePlan((SessionPart(1.0, 2.0),), gap), volumes, 0.8, rho)
    state = [1.0, pool]
    for number, volume in enumerate(volumes):
        assert found[number][0] == pytest.approx(state[0], rel=1e-6)
        for hours, device, clock in ((2.0, 0.8 * volume / 2.0, 1.0), (gap, 0.0, rho)):

            def change(_, s, device=device, clock=clock):
                back = k21 * s[1] - k12 * s[0]
                return [clock * (kel * (1 - s[0]) + back) - device * s[0], -clock * back]

            state = solve_ivp(change, (0, hours), state, rtol=1e-10, atol=1e-12).y[:, -1]
            if device:
                assert found[number][1] == pytest.approx(state[0], rel=1e-6)


@pytest.mark.parametrize("fall", [0.45, 0.68])
@pytest.mark.parametrize("sessions", [1, 4])
def test_the_range_with_a_measured_pair_is_that_of_its_own_posterior(fall, sessions):
    """The pair by the closed form of the reference, the levels by an ODE solver, combined by hand."""
    spans = PARAMETERS["igg"]
    typical, parts = [span[1] for span in spans], ((1.0, 2.0, 0.0),)
    start = course(typical, parts, 46.0, 1)[0]
    y = math.log(-math.log(1 - fall)) - math.log(-math.log(start))
    between, within = 0.32**2 - 0.10**2, 0.10**2 + 2 * 0.06**2 / math.log(1 - fall) ** 2
    weight = between / (between + within)
    mean, sd = -0.16 + weight * (y + 0.16), math.sqrt(weight * within + 0.10**2)
    etas = [math.exp(mean + side * 1.645 * sd) for side in (0, -1, 1)]
    rhos = [math.exp(-0.26 + side * 1.645 * 0.58) for side in (0, -1, 1)]
    cases = [(typical, eta, rhos[0]) for eta in etas] + [
        (typical, etas[0], rho) for rho in rhos[1:]
    ]
    cases += [([*typical[:i], end, *typical[i + 1 :]], etas[0], rhos[0])
              for i, span in enumerate(spans) for end in (span[0], span[2])]  # fmt: skip
    levels = [course(rates, parts, 46.0, sessions, eta, rho)[0] for rates, eta, rho in cases]
    pair = [pexcalc.MeasuredLevel("IgG", 1, when, Q(value, "g/L"))
            for when, value in (("before", 9.0), ("after", 9.0 * (1 - fall)))]  # fmt: skip
    found = pexcalc.simulate_course("IgG", 1.0, Q(2, "h"), Q(48, "h"), sessions, measured=pair)
    got = [getattr(found.after, end)[sessions - 1] for end in ("low", "typical", "high")]
    assert got == pytest.approx(combined(levels, False), abs=0.012)
