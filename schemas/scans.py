"""Records of the topic `scan-events`: goods in, out, sold; what shoppers scan."""

from __future__ import annotations

from schemas.data import Data, Quantity
from schemas.identifiers import Identifier, OptionalIdentifier, Text


class GoodsScan(Data):
    """What the three scans of an operator's goods have in common. Without lot and box the goods are uncoded."""

    operator: Identifier
    lot: OptionalIdentifier = None
    box: OptionalIdentifier = None
    quantity: Quantity | None = None


class GoodsReceived(GoodsScan):
    """Goods in. A supplier that is not blank means: from the chain, the lot is covered."""

    supplier: Text | None = None


class GoodsDispatched(GoodsScan):
    """Goods out, to another business."""

    buyer: Text | None = None


class GoodsSold(GoodsScan):
    """A retail sale."""


class ShopperScan(Data):
    """A shopper's scan of a code; no rule reads it yet."""

    lot: Identifier
    box: OptionalIdentifier = None
    operator: Identifier | None = None


class CodeLookedUp(ShopperScan):
    """A shopper looked a code up."""


class PurchaseRegistered(ShopperScan):
    """A shopper registered a purchase."""
