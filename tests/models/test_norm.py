"""RMSNorm in training on the CPU: its values, its gradients and its overflow are those of torch's own."""

import torch
from torch import nn

from models.kernels.rms_norm import Rescaled
from models.norm import RMSNorm


def pair(width: int = 7) -> tuple[RMSNorm, nn.RMSNorm]:
    ours, plain = RMSNorm(width, eps=1e-3), nn.RMSNorm(width, eps=1e-3)
    weight_D = torch.randn(width, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for norm in (ours, plain):
            norm.weight.copy_(weight_D)
    return ours, plain


def test_values_and_gradients_are_those_of_torch():
    x = torch.randn(3, 4, 7, generator=torch.Generator().manual_seed(0))
    found = []
    for norm in pair():
        given = x.clone().requires_grad_()
        y = norm(given)
        y.square().sum().backward()
        found.append((y, given.grad, norm.weight.grad))
    assert type(found[0][0].grad_fn).__name__ == "RescaledBackward"
    for ours, plain in zip(*found, strict=True):
        assert torch.allclose(ours, plain, rtol=1e-5, atol=1e-6)


def test_its_gradient_is_that_of_finite_differences():
    generator = torch.Generator().manual_seed(0)
    x, weight_D = (
        torch.randn(shape, generator=generator, dtype=torch.double, requires_grad=True) for shape in ((2, 3, 5), 5)
    )
    assert torch.autograd.gradcheck(lambda a, b: Rescaled.apply(a, b, 1e-3)[0], (x, weight_D))


def test_an_overflow_is_seen_and_not_a_zero():
    ours, _ = pair()
    assert ours(torch.full((1, 7), 1e30, requires_grad=True)).isnan().all()
    assert ours(torch.full((1, 7), 1e15, requires_grad=True)).isfinite().all()
