"""Random products of every type that is billed, with versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.generated.bulk.metrics import KEYS_OF, METRICS
from tests.generated.bulk.scene import Item, Scene
from tests.generated.writing import Literal, to_instant

#: Conversions whose quotients end, so that no quantity has more than six decimal places.
_ENDING = (
    ("MULTIPLY", "100"),
    ("MULTIPLY", "0.001"),
    ("MULTIPLY", "2.5"),
    ("DIVIDE", "1000"),
    ("DIVIDE", "0.5"),
    ("DIVIDE", "8"),
)
_ENDLESS = (("DIVIDE", "3"), ("DIVIDE", "60"), ("DIVIDE", "7"), ("DIVIDE", "1024"))

#: Tags that products of several types have; only a MULTIPLIER or an entitlement goes by them.
PROMOTION = "promo"
_TAGS = {"SUBSCRIPTION": ("seats", "plan"), "COMPOSITE": ("support", "fees"), "FIXED": ("setup",)}
_FIAT_TAGS = ("ai", "infra", "beta")


@dataclass(frozen=True)
class Product:
    """A product of a market; `unit` is the id of the custom pricing unit of its rates, None for the card's currency."""

    item: Item
    unit: str | None = None

    @property
    def id(self) -> str:
        return str(self.item["id"])

    @property
    def kind(self) -> str:
        return str(self.item["type"]).upper()

    @property
    def versions(self) -> list[Item]:
        """What each version says about everything, oldest first."""
        found = [self.item]
        for update in self.item.get("updates", []):
            found.append({**found[-1], **update})
        return found

    @property
    def tags(self) -> set[str]:
        """Every tag of any version."""
        return {tag for version in self.versions for tag in version.get("tags") or []}

    def key_sets(self, field: str = "pricing_group_key") -> list[tuple[str, ...]]:
        """The different sets of keys that the product has at some time."""
        return list(dict.fromkeys(tuple(version.get(field) or ()) for version in self.versions))


def usage_tags(unit: str | None) -> tuple[str, ...]:
    """Tags of usage products: those of one currency or unit only, so that a composite may go by any of them."""
    return _FIAT_TAGS if unit is None else tuple(f"{tag}-{unit[-1]}" for tag in ("tokens", "gpu"))


def usage_product(scene: Scene, number: int, unit: str | None, filtered: bool) -> Product:
    """A USAGE product; a `filtered` one may stand on a card whose contracts have usage filters."""
    dice = scene.dice
    names = [name for name in METRICS if not (filtered and name == "m-level")]
    metric = dice.pick(names)
    dice.note(f"metric {metric}")
    item: Item = {"id": scene.id("usage", number), "name": f"Usage {number} of {scene.name}"}
    item["type"] = dice.pick(("USAGE", "usage"))
    item["billable_metric_id"] = metric
    item |= _group_keys(scene, metric)
    item |= {name: said for name, said in _quantities(scene).items() if said}
    item |= _labels(scene, (*usage_tags(unit), PROMOTION))
    if metric.startswith("sql"):
        granularity = dice.pick_noted("granularity", ("HOUR", "SERVICE_PERIOD"))
        item["sql_breakdown_granularity"] = granularity
    if dice.chance(0.4):
        _usage_updates(scene, item, unit, names)
    return Product(item, unit)


def other_product(scene: Scene, kind: str, number: int, **fields: Any) -> Product:
    """A SUBSCRIPTION, COMPOSITE or FIXED product; `fields` is what its type needs besides."""
    item: Item = {"id": scene.id(kind.lower(), number), "name": f"{kind.title()} {number} of {scene.name}"}
    item["type"] = scene.dice.pick((kind, kind.lower()))
    item |= _labels(scene, (*_TAGS[kind], PROMOTION)) | fields
    if scene.dice.chance(0.25):
        item["updates"] = [_named_anew(scene, item, kind)]
    return Product(item)


def _named_anew(scene: Scene, item: Item, kind: str) -> Item:
    """An update of name and, mostly, tags; of a composite always of both.

    Whether lines of members are cut where nothing but the name of a composite changes is left open.
    """
    update: Item = {"starting_at": to_instant(scene.anywhere("update")), "name": f"{item['name']}, renamed"}
    scene.dice.note(f"update of a {kind} product's name")
    if kind == "COMPOSITE" or (kind != "FIXED" and scene.dice.chance(0.5)):
        others = [tag for tag in (*_TAGS[kind], PROMOTION) if tag not in item["tags"]]
        update["tags"] = others[:1]
        scene.dice.note(f"update of a {kind} product's tags")
    return update


def _labels(scene: Scene, tags: tuple[str, ...]) -> Item:
    labels: Item = {"tags": scene.dice.some(tags, 0, 2)}
    if scene.dice.chance(0.2, "custom fields of a product"):
        labels["custom_fields"] = {"ledger": f"40{scene.dice.number(10, 99)}", "é": 'a "quoted" value'}
    return labels


def _group_keys(scene: Scene, metric: str) -> Item:
    dice, available = scene.dice, KEYS_OF[metric]
    pricing = dice.some(available, 1, 2) if available and dice.chance(0.4) else []
    presentation = dice.some(available, 1, 1) if available and dice.chance(0.3) else []
    if not dice.chance(0.2, "key that prices and presents"):
        presentation = [key for key in presentation if key not in pricing]
    return {"pricing_group_key": pricing, "presentation_group_key": presentation}


def _quantities(scene: Scene) -> Item:
    """Conversion and rounding, both given or absent; a quotient without end is always rounded."""
    dice = scene.dice
    if dice.chance(0.3):
        operation, factor = dice.pick(_ENDLESS)
        return {"quantity_conversion": _conversion(operation, factor), "quantity_rounding": _rounding(scene)}
    made: Item = {"quantity_conversion": {}, "quantity_rounding": {}}
    if dice.chance(0.4, "conversion"):
        made["quantity_conversion"] = _conversion(*dice.pick(_ENDING))
    if dice.chance(0.4):
        made["quantity_rounding"] = _rounding(scene)
    return made


def _conversion(operation: str, factor: str) -> Item:
    return {"conversion_factor": Literal(factor), "operation": operation}


def _rounding(scene: Scene) -> Item:
    method = scene.dice.pick_noted("rounding", ("ROUND_UP", "ROUND_DOWN", "ROUND_HALF_UP"))
    return {"rounding_method": method, "decimal_places": Literal(scene.dice.pick(("0", "0", "1", "2")))}


def _usage_updates(scene: Scene, item: Item, unit: str | None, names: list[str]) -> None:
    dice = scene.dice
    moments = sorted({scene.anywhere("update") for _ in range(dice.pick((1, 1, 2, 3)))})
    versions = [{"quantity_conversion": {}, "quantity_rounding": {}, **item}]
    updates: list[Item] = []
    for moment in moments:
        version = dict(versions[-1])
        for _ in range(dice.pick((1, 1, 2))):
            version |= _change(scene, [*versions, version], unit, names)
        # What says again what holds already is no change, and does not occur: whether it cuts anything is left open.
        update = {field: said for field, said in version.items() if said != versions[-1][field]}
        if not update:
            update = {"name": f"{version['name']}!"}
        versions.append({**version, **update})
        updates.append({"starting_at": to_instant(moment), **update})
    item["updates"] = updates


def _change(scene: Scene, versions: list[Item], unit: str | None, names: list[str]) -> Item:
    """One thing that an update may say, in accordance with the versions so far, the last of which it changes.

    Every metric of a product serves all of its keys at any time: usage is counted under the keys of a part of a period
    from the start of the period on, when another metric may have been in force.
    """
    dice, state = scene.dice, versions[-1]
    field = dice.pick_noted("update of", ("name", "tags", "metric", "quantities", "keys"))
    if field == "name":
        return {"name": f"{state['name']}."}
    if field == "tags":
        tags = dice.some((*usage_tags(unit), PROMOTION), 0, 2)
        if state["tags"] and not tags:
            dice.note("update that clears tags")
        return {"tags": tags}
    if field == "quantities":
        made = _quantities(scene)
        if state["quantity_rounding"] and not made["quantity_rounding"]:
            dice.note("update that clears rounding")
        return made
    metric = _metric(state)
    if field == "keys":
        keys = _group_keys(scene, min(map(_metric, versions), key=lambda each: len(KEYS_OF[each])))
        if _presents_only(keys) or _presents_only(state):
            # Whether a part of a period has a line for no usage at all is left open where keys change.
            return {}
        # Whether keys given in another order make a change is left open as well.
        changed = {name: keys[name] for name in keys if set(keys[name]) != set(state[name])}
        for name in changed:
            dice.note(f"update of {name}")
        return changed
    needed = {key for each in versions for key in (*each["pricing_group_key"], *each["presentation_group_key"])}
    others = [name for name in names if name != metric and needed <= set(KEYS_OF[name])]
    if not others or _presents_only(state):
        # Which metric's usage does away with the line for no usage at all is left open, too.
        return {}
    chosen = dice.pick(others)
    dice.note(f"swap {_sort(metric)} to {_sort(chosen)}")
    return {"billable_metric_id": chosen}


def _presents_only(keys: Item) -> bool:
    return bool(keys["presentation_group_key"]) and not keys["pricing_group_key"]


def _metric(state: Item) -> str:
    return str(state["billable_metric_id"])


def _sort(metric: str) -> str:
    return "SQL" if metric.startswith("sql") else "streaming"
