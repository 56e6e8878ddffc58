"""The demo company's clause library, and the templates made of it."""

from datetime import datetime
from typing import NamedTuple

from contracts.models import Clause, ClauseVersion, ContractTemplate, TemplateClause
from q2c.identity.roles import Role
from q2c.web.writing import typeset


class _Text(NamedTuple):
    title: str
    body: str


class _Clause(NamedTuple):
    name: str
    topic: str
    texts: dict[str, _Text]
    when: str = ""
    alternate_of: str = ""
    is_mandatory: bool = False


_LIBRARY = [
    _Clause("Parties and subject", "Parties", {
        "en": _Text("Parties and subject", "This agreement is made between {{ seller_name }} (“Provider”) "
               "and {{ customer_name }} (“Customer”). The Provider delivers the goods and services "
               "of quote {{ quote_number }} at the prices stated there, in {{ currency }}."),
        "de": _Text("Parteien und Gegenstand", "Dieser Vertrag besteht zwischen {{ seller_name }} "
               "(„Anbieter“) und {{ customer_name }} („Kunde“). Der Anbieter erbringt die "
               "Lieferungen und Leistungen des Angebots {{ quote_number }} zu den dort genannten "
               "Preisen in {{ currency }}."),
        "fr": _Text("Parties et objet", "Le présent contrat est conclu entre {{ seller_name }} (le "
               "« Prestataire ») et {{ customer_name }} (le « Client »). Le Prestataire fournit les "
               "biens et services de l’offre {{ quote_number }} aux prix qui y figurent, en "
               "{{ currency }}."),
        "es": _Text("Partes y objeto", "El presente contrato se celebra entre {{ seller_name }} (el "
               "«Proveedor») y {{ customer_name }} (el «Cliente»). El Proveedor suministra los "
               "bienes y servicios de la oferta {{ quote_number }} a los precios allí indicados, en "
               "{{ currency }}."),
    }),
    _Clause("Term", "Term and renewal", {
        "en": _Text("Term", "The agreement starts on {{ starts_on }} and runs for {{ term_months }} "
               "months, until {{ last_day }}."),
        "de": _Text("Laufzeit", "Der Vertrag beginnt am {{ starts_on }} und läuft {{ term_months }} "
               "Monate, bis zum {{ last_day }}."),
        "fr": _Text("Durée", "Le contrat prend effet le {{ starts_on }} pour une durée de "
               "{{ term_months }} mois, jusqu’au {{ last_day }}."),
        "es": _Text("Duración", "El contrato comienza el {{ starts_on }} y tiene una duración de "
               "{{ term_months }} meses, hasta el {{ last_day }}."),
    }),
    _Clause("Renewal", "Term and renewal", {
        "en": _Text("Renewal", "Unless either party gives notice at least {{ notice_days }} days before "
               "the term ends, the agreement continues on the same terms."),
        "de": _Text("Verlängerung", "Kündigt keine Seite mindestens {{ notice_days }} Tage vor Ende der "
               "Laufzeit, gilt der Vertrag zu gleichen Bedingungen weiter."),
        "fr": _Text("Reconduction", "Sauf dénonciation par l’une des parties au moins {{ notice_days }} "
               "jours avant le terme, le contrat est reconduit aux mêmes conditions."),
        "es": _Text("Renovación", "Si ninguna de las partes lo denuncia al menos {{ notice_days }} días "
               "antes del vencimiento, el contrato continúa en las mismas condiciones."),
    }, when="auto_renew"),
    _Clause("Delivery of goods", "Delivery", {
        "en": _Text("Delivery of goods", "Goods are shipped to the Customer's shipping address. They are "
               "invoiced when they are shipped; risk passes on delivery."),
        "de": _Text("Lieferung", "Waren werden an die Lieferanschrift des Kunden versandt und mit dem "
               "Versand berechnet; die Gefahr geht mit der Übergabe über."),
        "fr": _Text("Livraison", "Les biens sont expédiés à l’adresse de livraison du Client et facturés "
               "à l’expédition ; le risque est transféré à la livraison."),
        "es": _Text("Entrega", "Los bienes se envían a la dirección de entrega del Cliente y se facturan "
               "con el envío; el riesgo se transmite con la entrega."),
    }, when="goods"),
    _Clause("Subscriptions", "Charges", {
        "en": _Text("Subscriptions", "Subscriptions start on {{ starts_on }}. Recurring charges are "
               "invoiced in advance for each billing period; parts of a period are charged by the "
               "day."),
        "de": _Text("Abonnements", "Abonnements beginnen am {{ starts_on }}. Wiederkehrende Entgelte "
               "werden je Abrechnungszeitraum im Voraus berechnet, Teile eines Zeitraums taggenau."),
        "fr": _Text("Abonnements", "Les abonnements débutent le {{ starts_on }}. Les redevances "
               "récurrentes sont facturées d’avance pour chaque période ; les périodes incomplètes "
               "le sont au prorata des jours."),
        "es": _Text("Suscripciones", "Las suscripciones comienzan el {{ starts_on }}. Los cargos "
               "recurrentes se facturan por anticipado en cada período; los períodos incompletos, "
               "por días."),
    }, when="subscriptions"),
    _Clause("Usage", "Charges", {
        "en": _Text("Usage", "Usage is measured by the Provider and invoiced in arrears for each billing "
               "period at the rates of the quote."),
        "de": _Text("Verbrauch", "Verbrauch misst der Anbieter und berechnet ihn je Abrechnungszeitraum "
               "nachträglich zu den Sätzen des Angebots."),
        "fr": _Text("Consommation", "La consommation est mesurée par le Prestataire et facturée à terme "
               "échu pour chaque période aux tarifs de l’offre."),
        "es": _Text("Consumo", "El Proveedor mide el consumo y lo factura a período vencido a las tarifas "
               "de la oferta."),
    }, when="usage"),
    _Clause("Payment", "Payment", {
        "en": _Text("Payment", "Invoices are due {{ payment_terms_days }} days after their date. All "
               "prices are net; tax is added as the law requires."),
        "de": _Text("Zahlung", "Rechnungen sind {{ payment_terms_days }} Tage nach ihrem Datum fällig. "
               "Alle Preise sind netto; Steuern kommen nach dem Gesetz hinzu."),
        "fr": _Text("Paiement", "Les factures sont payables {{ payment_terms_days }} jours après leur "
               "date. Les prix s’entendent hors taxes ; les taxes légales s’y ajoutent."),
        "es": _Text("Pago", "Las facturas vencen a los {{ payment_terms_days }} días de su fecha. Los "
               "precios son netos; se añaden los impuestos que exija la ley."),
    }),
    _Clause("Payment after receipt", "Payment", {
        "en": _Text("Payment", "Invoices are due {{ payment_terms_days }} days after the Customer has "
               "received them and name the Customer's purchase order. All prices are net; tax is "
               "added as the law requires."),
        "de": _Text("Zahlung", "Rechnungen sind {{ payment_terms_days }} Tage nach ihrem Eingang beim "
               "Kunden fällig und nennen dessen Bestellnummer. Alle Preise sind netto; Steuern "
               "kommen nach dem Gesetz hinzu."),
        "fr": _Text("Paiement", "Les factures sont payables {{ payment_terms_days }} jours après leur "
               "réception par le Client et mentionnent son numéro de commande. Les prix s’entendent "
               "hors taxes ; les taxes légales s’y ajoutent."),
        "es": _Text("Pago", "Las facturas vencen a los {{ payment_terms_days }} días de su recepción por "
               "el Cliente e indican su número de pedido. Los precios son netos; se añaden los "
               "impuestos que exija la ley."),
    }, alternate_of="Payment"),
    _Clause("Liability", "Liability", {
        "en": _Text("Liability", "Each party is liable without limit for intent and gross negligence and "
               "for injury to life, body or health. Otherwise liability is limited to the charges "
               "of the twelve months before the damage."),
        "de": _Text("Haftung", "Jede Partei haftet unbeschränkt für Vorsatz und grobe Fahrlässigkeit sowie "
               "für Schäden an Leben, Körper und Gesundheit. Im Übrigen ist die Haftung auf die "
               "Entgelte der zwölf Monate vor dem Schaden begrenzt."),
        "fr": _Text("Responsabilité", "Chaque partie répond sans limite de son dol, de sa faute lourde et "
               "des atteintes à la vie, au corps ou à la santé. Pour le reste, la responsabilité "
               "est limitée aux redevances des douze mois précédant le dommage."),
        "es": _Text("Responsabilidad", "Cada parte responde sin límite por dolo, culpa grave y daños a la "
               "vida, la integridad o la salud. Por lo demás, la responsabilidad se limita a los "
               "cargos de los doce meses anteriores al daño."),
    }, is_mandatory=True),
    _Clause("Liability up to two years' charges", "Liability", {
        "en": _Text("Liability", "Each party is liable without limit for intent and gross negligence and "
               "for injury to life, body or health. Otherwise liability is limited to the charges "
               "of the twenty-four months before the damage."),
        "de": _Text("Haftung", "Jede Partei haftet unbeschränkt für Vorsatz und grobe Fahrlässigkeit sowie "
               "für Schäden an Leben, Körper und Gesundheit. Im Übrigen ist die Haftung auf die "
               "Entgelte der vierundzwanzig Monate vor dem Schaden begrenzt."),
        "fr": _Text("Responsabilité", "Chaque partie répond sans limite de son dol, de sa faute lourde et "
               "des atteintes à la vie, au corps ou à la santé. Pour le reste, la responsabilité "
               "est limitée aux redevances des vingt-quatre mois précédant le dommage."),
        "es": _Text("Responsabilidad", "Cada parte responde sin límite por dolo, culpa grave y daños a la "
               "vida, la integridad o la salud. Por lo demás, la responsabilidad se limita a los "
               "cargos de los veinticuatro meses anteriores al daño."),
    }, alternate_of="Liability"),
    _Clause("Data protection", "Data protection", {
        "en": _Text("Data protection", "The Provider processes personal data on the Customer's behalf only "
               "to perform this agreement and on the Customer's instructions (Article 28 GDPR)."),
        "de": _Text("Datenschutz", "Der Anbieter verarbeitet personenbezogene Daten im Auftrag des Kunden "
               "nur zur Erfüllung dieses Vertrags und auf dessen Weisung (Artikel 28 DSGVO)."),
        "fr": _Text("Protection des données", "Le Prestataire ne traite les données personnelles pour le "
               "compte du Client que pour exécuter le présent contrat et sur ses instructions "
               "(article 28 du RGPD)."),
        "es": _Text("Protección de datos", "El Proveedor trata datos personales por cuenta del Cliente "
               "solo para ejecutar este contrato y según sus instrucciones (artículo 28 del RGPD)."),
    }, is_mandatory=True),
    _Clause("Governing law", "Governing law", {
        "en": _Text("Law", "The law at the Provider's seat applies; its courts have jurisdiction."),
        "de": _Text("Recht", "Es gilt das Recht am Sitz des Anbieters; die Gerichte dort sind zuständig."),
        "fr": _Text("Droit applicable", "Le droit du siège du Prestataire s’applique ; les tribunaux de ce "
               "siège sont compétents."),
        "es": _Text("Ley aplicable", "Se aplica la ley de la sede del Proveedor; son competentes los "
               "tribunales de esa sede."),
    }),
    _Clause("Governing law at the customer's seat", "Governing law", {
        "en": _Text("Law", "The law at the Customer's seat applies; its courts have jurisdiction."),
        "de": _Text("Recht", "Es gilt das Recht am Sitz des Kunden; die Gerichte dort sind zuständig."),
        "fr": _Text("Droit applicable", "Le droit du siège du Client s’applique ; les tribunaux de ce siège "
               "sont compétents."),
        "es": _Text("Ley aplicable", "Se aplica la ley de la sede del Cliente; son competentes los "
               "tribunales de esa sede."),
    }, alternate_of="Governing law"),
    _Clause("Amendment", "Amendments", {
        "en": _Text("Amendment", "{{ seller_name }} and {{ customer_name }} change their contract "
               "{{ amended_contract }} from {{ starts_on }} as set out in offer {{ quote_number }}. "
               "All else stays as agreed."),
        "de": _Text("Änderung", "{{ seller_name }} und {{ customer_name }} ändern ihren Vertrag "
               "{{ amended_contract }} ab {{ starts_on }} wie im Angebot {{ quote_number }} "
               "beschrieben. Alles andere bleibt wie vereinbart."),
        "fr": _Text("Avenant", "{{ seller_name }} et {{ customer_name }} modifient leur contrat "
               "{{ amended_contract }} à compter du {{ starts_on }}, comme indiqué dans l’offre "
               "{{ quote_number }}. Les autres dispositions demeurent inchangées."),
        "es": _Text("Modificación", "{{ seller_name }} y {{ customer_name }} modifican su contrato "
               "{{ amended_contract }} a partir del {{ starts_on }} según la oferta "
               "{{ quote_number }}. Todo lo demás se mantiene como se acordó."),
    }, when="amendment"),
]  # fmt: skip
LANGUAGES = ("en", "de", "fr", "es")


def write(*, at: datetime) -> None:
    """Write the library and a default template for each language, where none is kept."""
    if ContractTemplate.objects.exists():
        return
    clauses = {one.name: _clause(one, at=at) for one in _LIBRARY}
    for one in _LIBRARY:
        if one.alternate_of:
            clauses[one.name].alternate_of = clauses[one.alternate_of]
            clauses[one.name].save(update_fields=["alternate_of"])
    for language in LANGUAGES:
        template = ContractTemplate.objects.create(
            name=f"Master service agreement ({language})", language=language, is_default=True
        )
        standing = [one for one in _LIBRARY if not one.alternate_of]
        TemplateClause.objects.bulk_create(
            TemplateClause(
                template=template, position=position, clause=clauses[one.name], when=one.when
            )
            for position, one in enumerate(standing, start=1)
        )


def _clause(one: _Clause, *, at: datetime) -> Clause:
    clause = Clause.objects.create(
        name=one.name,
        topic=one.topic,
        is_mandatory=one.is_mandatory,
        approver_role=Role.LEGAL.value if one.is_mandatory else "",
    )
    ClauseVersion.objects.create(
        clause=clause,
        number=1,
        texts={
            code: {name: typeset(words, code) for name, words in text._asdict().items()}
            for code, text in one.texts.items()
        },
        reason="First version",
        made_at=at,
    )
    return clause
