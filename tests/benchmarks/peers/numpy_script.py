"""The same training by hand in NumPy: forward, backward and update over whole batches, as people write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

Function = Callable[[Array], Array]
Derivative = Callable[[Array, Array], Array]


class SGD:
    """Gradient descent."""

    def __init__(self, parameters: list[Array], lr: float) -> None:
        self.parameters, self.lr = parameters, lr

    def step(self, gradients: list[Array]) -> None:
        """Update each parameter in place."""
        for index, gradient in enumerate(gradients):
            self.parameters[index] -= self.lr * gradient


class Adam:
    """Algorithm 1 of Kingma and Ba, https://arxiv.org/abs/1412.6980."""

    def __init__(self, parameters: list[Array], lr: float, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self.parameters, self.lr, self.beta1, self.beta2 = parameters, lr, beta1, beta2
        self.m = [np.zeros_like(parameter) for parameter in parameters]
        self.v = [np.zeros_like(parameter) for parameter in parameters]
        self.t = 0

    def step(self, gradients: list[Array]) -> None:
        """Update each parameter in place."""
        self.t += 1
        for index, gradient in enumerate(gradients):
            self.m[index] = self.beta1 * self.m[index] + (1 - self.beta1) * gradient
            self.v[index] = self.beta2 * self.v[index] + (1 - self.beta2) * gradient**2
            m_hat = self.m[index] / (1 - self.beta1**self.t)
            v_hat = self.v[index] / (1 - self.beta2**self.t)
            self.parameters[index] -= self.lr * m_hat / (np.sqrt(v_hat) + 1e-8)


# Each with its derivative, of z and a = f(z).
FUNCTIONS: dict[str, tuple[Function, Derivative]] = {
    "Tanh": (np.tanh, lambda z, a: 1 - a**2),
    "ReLU": (lambda z: np.maximum(z, 0), lambda z, a: z > 0),
}
OPTIMIZERS: dict[str, type[SGD] | type[Adam]] = {"SGD": SGD, "Adam": Adam}


def train(
    parameters: Sequence[tuple[Array, Array]],
    inputs: Array,
    targets: Array,
    batch_size: int,
    activation: str,
    optimizer_name: str,
    options: dict[str, Any],
) -> Iterator[float]:
    """Train without end from first weights and biases; yield the loss of each iteration before its update."""
    weights = [weight.copy() for weight, _ in parameters]
    biases = [bias.copy() for _, bias in parameters]
    function, derivative = FUNCTIONS[activation]
    optimizer = OPTIMIZERS[optimizer_name](weights + biases, **options)
    last = len(weights) - 1

    while True:
        for start in range(0, len(inputs), batch_size):
            x, y = inputs[start : start + batch_size], targets[start : start + batch_size]
            z, a = [], [x]
            for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
                z.append(a[-1] @ weight.T + bias)
                a.append(function(z[-1]) if layer < last else z[-1])

            error = a[-1] - y
            loss = float(np.mean(error**2))

            delta = 2 * error / error.size
            weight_gradients: list[Array] = []
            bias_gradients: list[Array] = []
            for layer in range(last, -1, -1):
                weight_gradients.insert(0, delta.T @ a[layer])
                bias_gradients.insert(0, delta.sum(axis=0))
                if layer:
                    delta = (delta @ weights[layer]) * derivative(z[layer - 1], a[layer])

            optimizer.step(weight_gradients + bias_gradients)
            yield loss
