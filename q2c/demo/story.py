"""The demo company's story: customers, deals in every state, months of billing and cash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from billing.actions import runs
from billing.actions.dunning import send_due_letters
from billing.actions.settling import record_transfer
from billing.models import Invoice
from contracts.actions import approve_contract, countersign_contract, remind_renewals
from contracts.models import Contract
from orders.actions import UsageInput, close_short, record_usage, ship_goods
from orders.models import Order, SubscriptionItem
from q2c.catalog.models import Product
from q2c.customers.actions.customers import create_customer
from q2c.customers.actions.drafts import AddressDraft, ContactDraft, CustomerDraft
from q2c.customers.models import Customer, LegalEntity
from q2c.demo import prices
from q2c.demo.changing import change_contracts
from q2c.demo.consent import consent
from q2c.demo.draft import campus, library
from q2c.demo.endings import say_why
from q2c.demo.guiding import guided, questionnaires
from q2c.demo.proposal import offer_choices
from q2c.demo.wording import change_text, change_words
from q2c.identity.models import User
from q2c.infra.models import Job
from q2c.kernel.periods import month_of, months_after
from quotes import actions as quotes
from quotes.models import Quote
from revenue.actions import close_period, recognise
from revenue.models import Period

# reference, name, city, postal code, street, country, region, currency, language, tax id, contact
_CUSTOMERS = [
    ("alpenrad", "Alpenrad AG", "Innsbruck", "6020", "Maria-Theresien-Straße 18", "AT", "", "EUR",
     "de", "ATU12345675", "Sophie Gruber"),
    ("kieler", "Kieler Hafenlogistik GmbH", "Kiel", "24103", "Ostseekai 4", "DE", "", "EUR", "de",
     "DE136695976", "Hauke Petersen"),
    ("lumiere", "Atelier Lumière SARL", "Lyon", "69002", "12 rue de la République", "FR", "",
     "EUR", "fr", "", "Camille Laurent"),
    ("museo", "Museo del Agua", "Valencia", "46003", "Carrer de Colón 31", "ES", "", "EUR", "es",
     "", "Lucía Ortega"),
    ("bakehouse", "Golden Gate Bakehouse", "San Francisco", "94110", "2801 24th Street", "US",
     "CA", "USD", "en", "", "Marcus Lee"),
    ("harbor", "Harbor Point Clinics", "Oakland", "94607", "300 Embarcadero West", "US", "CA",
     "USD", "en", "", "Dana Whitfield"),
    ("nordlys", "Nordlys Studio ApS", "København", "1260", "Bredgade 45", "DK", "", "EUR", "en",
     "", "Freja Holm"),
    ("polderzicht", "Polderzicht Bouw B.V.", "Utrecht", "3511", "Oudegracht 210", "NL", "", "EUR",
     "en", "", "Pieter de Wit"),
    ("rheintal", "Rheintal Werkzeuge GmbH", "Bonn", "53111", "Münsterplatz 9", "DE", "", "EUR",
     "de", "", "Katrin Vogel"),
    ("sakura", "Sakura Trading K.K.", "Tokyo", "104-0061", "Ginza 5-2-1", "JP", "", "JPY", "en",
     "", "Haruto Sato"),
]  # fmt: skip


@dataclass(frozen=True)
class Deal:
    """A deal of the story: `age` months since it started; `ends` says how far it got."""

    customer: str
    title: str
    lines: Sequence[tuple[str, int, int]]  # sku (“:once” at its price once), quantity, discount %
    ends: str
    age: int = 0
    term: int = 12
    header: int = 0


_DEALS = [
    Deal("kieler", "Netz im Hafenbüro", (("HOME", 3, 0), ("ROUTER", 3, 0), ("MPLS", 2, 5)),
         "live", age=9),
    Deal("alpenrad", "Telefonie für 40 Filialen", (("SEAT", 40, 10), ("CALLS", 1, 0),
         ("HANDSET", 40, 12)), "live", age=5, term=24),
    Deal("bakehouse", "Store internet", (("HOME", 2, 0), ("SETUP", 2, 0)), "live", age=4),
    Deal("harbor", "Clinic lines", (("SEAT", 12, 0), ("SLA", 1, 0)), "live", age=6),
    Deal("lumiere", "Raccordement du studio", (("FIBER", 1, 0), ("TV", 1, 0)), "live", age=3),
    Deal("rheintal", "Telefone der Werkstatt", (("PHONE", 6, 0), ("LINES", 6, 0)), "live", age=10),
    Deal("sakura", "Liaison office", (("FIBER", 1, 0), ("SEAT", 5, 0)), "live", age=2),
    Deal("alpenrad", "Servicezentrale", (("RECORD", 40, 0), ("MINUTES", 1, 0),
         ("MINUTES:once", 1500, 0), ("MANAGED", 1, 0), ("LOYALTY", 1, 0)), "live", age=4),
    Deal("kieler", "Mobilfunk im Hafen", (("POOL", 1, 0), ("SMS", 1, 0), ("FIREWALL", 2, 0),
         ("STORAGE", 250, 0)), "live", age=3),
    Deal("museo", "Punto de información", (("VAULT", 2, 0), ("FAILOVER", 1, 0), ("EVENT", 1, 0)),
         "live", age=3),
    Deal("lumiere", "Festival d’été", (("EVENT", 6, 0), ("VAULT", 1, 0), ("FAILOVER", 2, 0),
         ("FIREWALL", 1, 5), ("MANAGED", 1, 0)), "sent"),
    Deal("polderzicht", "Fibre for the sites", (("INTERNET", 7, 0),), "given_up", age=1),
    Deal("polderzicht", "Site network", (("MPLS", 4, 8), ("ROUTER", 4, 0)), "to_ship"),
    Deal("nordlys", "Creative hub", (("HOME", 1, 0), ("BACKUP", 2, 0)), "to_countersign"),
    Deal("museo", "Wi-Fi para visitantes", (("FIBER", 2, 0), ("SETUP", 1, 0), ("DATA", 1, 0)), "to_approve"),
    Deal("alpenrad", "Kameras im Lager", (("FIBER", 1, 0), ("ROUTER", 6, 10)), "sent"),
    Deal("kieler", "Telemetrie der Kräne", (("DATA", 1, 0), ("SLA", 1, 5)), "asked"),
    Deal("harbor", "Second clinic", (("SEAT", 30, 22), ("HANDSET", 30, 0)), "in_review"),
    Deal("alpenrad", "Telefone im Depot", (("SEAT", 60, 35), ("HANDSET", 60, 35)), "in_review"),
    Deal("lumiere", "Agrandissement de la galerie", (("MPLS", 1, 0), ("SUPPORT", 3, 0)), "draft"),
    Deal("bakehouse", "Fibre and mobile lines", (("CONNECT", 1, 0),), "sent"),
    Deal("rheintal", "Daten für den Fuhrpark", (("DATA", 1, 0), ("CALLS", 1, 0)), "declined"),
    Deal("rheintal", "Netz im Messebüro", (("FIBER", 1, 0), ("ROUTER", 2, 0)), "to_sign_again"),
]  # fmt: skip


def tell(
    people: dict[str, User], entities: dict[str, LegalEntity], *, seed: int, now: datetime
) -> None:
    """Play the whole story up to now, through the same actions as the pages."""
    dice, today = Random(seed), now.date()
    customers = _customers(people, entities, now=now - timedelta(days=400))
    prices.books(customers)
    for deal in _DEALS:
        start = months_after(month_of(today).start, -deal.age)
        if deal.ends not in ("live", "given_up"):
            start = months_after(month_of(today).start, 1)
        _play(deal, customers[deal.customer], people, start=start, now=now)
    # The manager is away for a week next month; the head of finance decides meanwhile.
    away = months_after(month_of(today).start, 1)
    quotes.delegate_approvals(
        people["cfo"].pk,
        first_day=away,
        last_day=away + timedelta(days=6),
        by=people["manager"],
        at=now,
    )
    offer_choices(people, customers, now=now)
    change_words(people, now=now)
    say_why(people, now=now)
    for build in (campus, library):
        build(customers["nordlys"], by=people["rep"], at=now)
    questionnaires(people["manager"], at=now)
    guided(customers["rheintal"], by=people["rep"], at=now)
    _bill(people, entities, dice, now=now)
    change_contracts(people, now=now)
    for entity in entities.values():
        last = month_of(today).start - timedelta(days=1)
        recognise(through=last, legal_entity_id=entity.pk, by=None, at=now)
        _close(entity, before=months_after(month_of(today).start, -2), by=people["cfo"], at=now)
        remind_renewals(on=today, at=now, legal_entity_id=entity.pk)
        for days_ago in (20, 8, 0):
            ago = timedelta(days=days_ago)
            send_due_letters(on=today - ago, at=now - ago, legal_entity_id=entity.pk)
    # What is older was told then; these weeks' mails go out now and can be read in the outbox.
    old = Job.objects.filter(done_at=None, created_at__lt=now - timedelta(days=30))
    old.update(done_at=now)


def _customers(
    people: dict[str, User], entities: dict[str, LegalEntity], *, now: datetime
) -> dict[str, Customer]:
    found = {}
    for (
        ref,
        name,
        city,
        postal,
        street,
        country,
        region,
        currency,
        language,
        tax,
        who,
    ) in _CUSTOMERS:
        existing = Customer.objects.filter(external_ref=f"demo:{ref}").first()
        email = f"hello@{ref}.example"
        found[ref] = existing or create_customer(
            CustomerDraft(
                legal_name=name,
                email=email,
                currency=currency,
                legal_entity_id=entities["US" if currency == "USD" else "DE"].pk,
                billing=AddressDraft(
                    street=street, city=city, postal_code=postal, region=region, country=country
                ),
                contacts=(ContactDraft(name=who, email=email, is_primary=True),),
                payment_terms_days=14 if currency == "USD" else 30,
                language=language,
                tax_id=tax,
                owner_id=people["rep"].pk,
                external_ref=f"demo:{ref}",
                segment=prices.SEGMENTS[ref],
            ),
            by=people["rep"],
            at=now,
        )
    return found


def _play(
    deal: Deal, customer: Customer, people: dict[str, User], *, start: date, now: datetime
) -> None:
    rep, boss = people["rep"], people["manager"]
    signed = min(_at(start, -6), now - timedelta(hours=5))
    made = min(_at(start, -20), now - timedelta(days=3))
    quote = quotes.create_quote(
        quotes.NewQuote(
            customer_id=customer.pk, title=deal.title, term_months=deal.term, starts_on=start
        ),
        by=rep,
        at=made,
    )
    products = {p.sku: p.pk for p in Product.objects.all()}
    for what, quantity, discount in deal.lines:
        sku, _colon, once = what.partition(":")
        line = quotes.NewLine(
            product_id=products[sku],
            quantity=Decimal(quantity),
            discount_percent=Decimal(discount),
            months=0 if once else None,
        )
        quotes.add_line(quote.pk, line, by=rep, at=made)
    if deal.ends == "draft":
        return
    quote = quotes.submit_quote(quote.pk, by=rep, at=made)
    if deal.ends == "in_review":
        return
    while quote.state == "in_review":
        request = quote.approvals.filter(state="pending")[0]
        decider = {boss.role: boss, "legal": people["legal"]}.get(request.role, people["cfo"])
        quote = quotes.approve_quote(
            request.pk, by=decider, at=made, comment="Fine for this customer."
        )
    sent = made + timedelta(hours=3)
    quote = quotes.send_quote(quote.pk, by=rep, at=sent)
    _answer(deal, quote, people, at=max(sent + timedelta(minutes=20), signed), now=now)


def _answer(
    deal: Deal, quote: Quote, people: dict[str, User], *, at: datetime, now: datetime
) -> None:
    contact = quote.contact
    if deal.ends == "sent":
        return
    quotes.view_quote(quote.pk, contact=contact, at=at)
    if deal.ends == "asked":
        question = "Kann der Premium-Service einen Monat später beginnen?"
        quotes.comment_on_quote(quote.pk, question, by=None, at=at, contact=contact)
        return
    if deal.ends == "declined":
        reason = "Wir fangen dieses Jahr kleiner an."
        quotes.decline_quote(quote.pk, reason, by=None, at=at, contact=contact)
        return
    name = contact.name if contact else "Customer"
    signature = quotes.Signature(
        name=name,
        kind="typed",
        image=name,
        consent=consent(quote),
        content_hash=quote.content_hash,
    )
    quotes.accept_quote(quote.pk, signature, by=None, at=at, contact=contact)
    if deal.ends != "to_approve":
        _conclude(deal, quote, people, at=at, now=now)


def _conclude(
    deal: Deal, quote: Quote, people: dict[str, User], *, at: datetime, now: datetime
) -> None:
    contract = Contract.objects.get(quote_id=quote.pk)
    if deal.ends == "to_sign_again":
        change_text(contract, by=people["legal"], at=at + timedelta(minutes=5))
    for approval in contract.approvals.filter(state="pending").order_by("desk"):
        by = people["finance" if approval.desk == "finance" else "legal"]
        approve_contract(contract.pk, desk=approval.desk, by=by, at=at + timedelta(minutes=9))
    if deal.ends in ("to_countersign", "to_sign_again"):
        return
    countersign_contract(contract.pk, by=people["cfo"], at=at + timedelta(minutes=30))
    order = Order.objects.get(contract_id=contract.pk)
    if deal.ends in ("live", "given_up"):
        shipped_on = min(contract.starts_on + timedelta(days=2), now.date())
        _deliver(order, people["finance"], given_up=deal.ends == "given_up", on=shipped_on, now=now)


def _deliver(order: Order, by: User, *, given_up: bool, on: date, now: datetime) -> None:
    """Ship an order's goods; of those with parts that are given up, all but two kits."""
    at, kit = min(_at(on), now), order.kits.first() if given_up else None
    goods = {
        line.pk: line.quantity - (2 if kit else 0) for line in order.lines.filter(kind="goods")
    }
    if goods:
        ship_goods(
            order.pk,
            quantities=goods,
            shipped_on=on,
            carrier="DHL",
            tracking="00340434161094",
            by=by,
            at=at,
        )
    if kit:
        close_short(
            order.pk,
            quantities={},
            kits={kit.pk: Decimal(2)},
            reason="unwanted",
            words="Two of the sites keep routers of their own.",
            by=by,
            at=min(at + timedelta(days=1), now),
        )


def _bill(
    people: dict[str, User], entities: dict[str, LegalEntity], dice: Random, *, now: datetime
) -> None:
    """Bill month after month since the oldest deal; most customers pay, some late, some not."""
    today = now.date()
    first = months_after(month_of(today).start, -max(deal.age for deal in _DEALS))
    usage = list(
        SubscriptionItem.objects.filter(charge_kind="usage").select_related("subscription")
    )
    month = first
    while month <= today:
        for on in (month, min(month + timedelta(days=4), today)):
            at = min(_at(on), now)
            run = runs.start_run(
                on=on, post=True, deliver=on > today - timedelta(days=7), by=None, at=at
            )
            runs.work_off(run.pk, at=at)
        _use(usage, month, dice, now=now)
        month = months_after(first, (month.year - first.year) * 12 + month.month - first.month + 1)
    slow = Customer.objects.filter(external_ref__in=["demo:rheintal", "demo:bakehouse"])
    late = set(slow.values_list("pk", flat=True))
    for invoice in Invoice.objects.filter(kind="invoice", state="posted").order_by("issued_on"):
        wait = invoice.customer.payment_terms_days + dice.randint(-9, 4)
        paid_on = invoice.issued_on + timedelta(days=wait)
        is_slow = invoice.customer_id in late and invoice.issued_on > today - timedelta(days=75)
        if paid_on < today and not is_slow and invoice.total:
            record_transfer(
                invoice.customer_id,
                invoice.total,
                received_on=paid_on,
                reference=f"Invoice {invoice.number}",
                key=f"demo:{invoice.pk}",
                by=people["finance"],
                at=_at(paid_on),
                to_invoices={invoice.pk: invoice.total},
            )


def _use(items: list[SubscriptionItem], month: date, dice: Random, *, now: datetime) -> None:
    events = []
    for item in items:
        for day in range(0, 28, 2):
            on = month + timedelta(days=day)
            if item.subscription.starts_on <= on < now.date():
                quantity = Decimal(dice.randint(5, 140))
                events.append(UsageInput(item.pk, f"demo:{on}", quantity, _at(on)))
    if events:
        record_usage(events, by=None, at=now)


def _close(entity: LegalEntity, *, before: date, by: User, at: datetime) -> None:
    months = Period.objects.filter(legal_entity=entity, ends_on__lte=before).order_by("starts_on")
    for period in months:
        close_period(period.pk, by=by, at=at)


def _at(day: date, days: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=days), time(10, 0), tzinfo=UTC)
