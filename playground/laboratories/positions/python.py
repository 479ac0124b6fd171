"""The Python lines under each tab: they run as they are and give the numbers of the picture."""

from __future__ import annotations

from playground.positions.scheme import built
from playground.positions.settings import PositionSettings, Setting
from playground.settings.dotted import flat


def setting(settings: PositionSettings) -> str:
    """The setting in hand as an expression, with what differs from the first."""
    before, after = Setting(), settings.now()
    own = flat(after.position.model_dump())
    kind = own.pop("kind")
    plain = flat(type(after.position).model_validate({}).model_dump())
    scaling = {p.partition(".")[2]: v for p, v in own.items() if p.startswith("scaling.") and plain[p] != v}
    inner = [f"{p}={v!r}" for p, v in own.items() if "." not in p and plain[p] != v]
    inner += [f"scaling=Scaling({', '.join(f'{p}={v!r}' for p, v in scaling.items())})"] * bool(scaling)
    position = f"position={type(after.position).__name__}({', '.join(inner)})"
    outer = [f"{name}={getattr(after, name)!r}" for name in type(after).model_fields if name != "position"]
    same = {f"{name}={getattr(before, name)!r}" for name in type(after).model_fields if name != "position"}
    assert kind  # told by the class
    return f"Setting({', '.join([position, *(each for each in outer if each not in same)])})"


def _names(settings: PositionSettings) -> str:
    scaled = ", Scaling" if "Scaling(" in setting(settings) else ""
    return f"from models.position import {type(settings.position).__name__}{scaled}"


def lines(settings: PositionSettings) -> str:
    """Of the tab "Long-term decay"."""
    quantity = {"rotate": "bound", "embed": "similarity", "bias": "added", "relative": "added"}.get(
        built(settings, 1).seam
    )
    if quantity is None:
        return ""
    told = f"print({quantity}(setting, {settings.distance}).round(4))"
    also = "\nprint(products(setting, 8).equal)  # mean q · k of equal vectors" if quantity == "bound" else ""
    return (
        f"{_names(settings)}\n"
        f"from playground.positions.decay import {quantity}{', products' if also else ''}\n"
        "from playground.positions.settings import Setting\n\n"
        f"setting = {setting(settings)}\n{told}{also}"
    )


def shifted(settings: PositionSettings) -> str:
    """Of the tab "Relative only"."""
    query, key, head = settings.query, settings.key, settings.drawn_head()
    moved = f", score(setting, {query} + {settings.shift}, {key} + {settings.shift}, {head})"
    if settings.position.ends and max(query, key) + settings.shift >= settings.trained:
        moved = ""  # there is none
    return (
        f"{_names(settings)}\n"
        "from playground.positions.relative import score\n"
        "from playground.positions.settings import Setting\n\n"
        f"setting = {setting(settings)}\n"
        f"print(score(setting, {query}, {key}, {head}){moved})"
    )


def built_by_hand(settings: PositionSettings) -> str:
    """Of the tab "The scheme": the module itself."""
    seam = built(settings, 1).seam
    use = {
        "rotate": f"print(scheme.rotate(torch.randn(1, 1, 1, {settings.head_dim}), start={settings.query}))",
        "bias": f"print(scheme.bias(8, 8)[{settings.drawn_head()}])",
        "embed": f"print(scheme.embed(torch.zeros(8, {settings.head_dim})))",
        "relative": "relative = setting.position.relative(setting.room(context=64))\nprint(relative)",
    }.get(seam, "print(scheme)")
    return (
        "import torch\n\n"
        f"{_names(settings)}\n"
        "from playground.positions.settings import Setting\n\n"
        f"setting = {setting(settings)}\n"
        "scheme = setting.position.build(setting.room(context=64))\n"
        f"{use}"
    )
