"""Day 9: a positive lot. A box at the importer's, a counter at a shop that had bought of it, and one of its staff."""

from __future__ import annotations

from connectors.demo.generator.book import CHAIN, DAYS, FIELD, LAB, SCAN, Book, at
from connectors.demo.generator.district import District, Operator, Staff
from connectors.demo.generator.life import upload
from connectors.demo.generator.registry import HAZARD, sample
from schemas.alerts import Kind, alert_id

LOT = "ZJ22P00001"


def positive_lot(book: Book, district: District) -> None:
    """Writes the story and its truth."""
    importer = next(operator for operator in district.dealing() if operator.imports)
    shops = [operator for operator in district.dealing() if not operator.imports and operator.staff]
    first, second = shops[0], shops[1]
    staff = next((member for member in first.staff if len(member.operators) == 1), first.staff[0])
    for operator in (importer, first, second):
        operator.special, operator.closed = True, set()
    _travels(book, importer, first, second)
    _goods(book, district, importer)
    _surface(book, first)
    _negative(book, second)
    _staff(book, district, staff)


def _travels(book: Book, importer: Operator, first: Operator, second: Operator) -> None:
    """On the chain on day 6, at two shops on day 7, on sale there on day 8."""
    book.write(CHAIN, "lot.uploaded", at(DAYS[5], 10), upload(importer, LOT, "fruit", "智利车厘子", DAYS[5]))
    for number, shop in enumerate((first, second)):
        quantity = {"amount": 50.0, "unit": "box"}
        out = {"operator": importer.id, "lot": LOT, "buyer": shop.name, "quantity": quantity}
        book.write(SCAN, "goods.dispatched", at(DAYS[6], 9 + number), out)
        into = {"operator": shop.id, "lot": LOT, "supplier": importer.name, "quantity": quantity}
        book.write(SCAN, "goods.received", at(DAYS[6], 11 + number), into)
        book.write(SCAN, "goods.sold", at(DAYS[7], 10 + number), {"operator": shop.id, "lot": LOT, "box": f"{LOT}-001"})


def _sampled(operator: Operator, name: str, on: str, result: str) -> dict[str, str]:
    lot = {"lot": LOT} if on == "goods" else {}
    return {"sample": name, "on": on, "operator": operator.id, **lot, "result": result, "hazard": HAZARD}


def _goods(book: Book, district: District, importer: Operator) -> None:
    """Pending at first, positive in the afternoon; sealed, destroyed, closed three days later."""
    name, taken = "G-0113-01", at(DAYS[8], 8.5)
    book.write(LAB, "sample.tested", taken, _sampled(importer, name, "goods", "pending"))
    found = book.write(
        LAB, "sample.tested", taken, _sampled(importer, name, "goods", "positive"), delay=at(DAYS[8], 13.7) - taken
    )
    by = district.officer_of(importer)
    alert = alert_id(Kind.POSITIVE, importer.id, name)
    for action, day, hour in (("seal", 8, 14.5), ("destroy", 10, 15.0)):
        said = {"operator": importer.id, "alert": alert, "by": by, "action": action}
        book.write(FIELD, "alert.handled", at(DAYS[day], hour), said)
    closed = book.close(Kind.POSITIVE, importer.id, name, by, at(DAYS[11], 10))
    book.plant(Kind.POSITIVE, importer.id, name, found.recorded, closed.recorded, "the positive lot of day 9")


def _surface(book: Book, shop: Operator) -> None:
    """A counter, positive in the evening; the laboratory corrects itself the next day."""
    name, taken = "F-0113-01", at(DAYS[8], 15)
    found = book.write(
        LAB, "sample.tested", taken, _sampled(shop, name, "surface", "positive"), delay=at(DAYS[8], 19.6) - taken
    )
    corrected = book.write(
        LAB, "sample.tested", taken, _sampled(shop, name, "surface", "negative"), delay=at(DAYS[9], 11.3) - taken
    )
    book.plant(
        Kind.POSITIVE, shop.id, name, found.recorded, corrected.recorded, "a counter at a shop that had of the lot"
    )


def _negative(book: Book, shop: Operator) -> None:
    taken = at(DAYS[8], 16)
    data = _sampled(shop, "F-0113-02", "surface", "negative")
    book.write(LAB, "sample.tested", taken, data, delay=at(DAYS[8], 20.1) - taken)


def _staff(book: Book, district: District, staff: Staff) -> None:
    """One of the shop's staff, positive at night; told to every shop the person works for."""
    name, taken = "S-0113-P1", at(DAYS[8], 17)
    found = book.write(LAB, "sample.tested", taken, sample(staff, name, "positive"), delay=at(DAYS[8], 22.4) - taken)
    employers = [operator for operator in district.operators if operator.id in staff.operators]
    for operator in employers:
        by = next(person.id for person in district.people if person.role == "duty-desk")
        closed = book.close(Kind.STAFF_POSITIVE, operator.id, name, by, at(DAYS[12], 16))
        why = "works where the lot was sold"
        book.plant(Kind.STAFF_POSITIVE, operator.id, name, found.recorded, closed.recorded, why)
