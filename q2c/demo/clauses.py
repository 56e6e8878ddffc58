"""The clauses of the demo company's contract templates, by language."""

CLAUSES = {
    "en": [
        {
            "title": "Parties and subject",
            "body": "This agreement is made between {{ seller_name }} (“Provider”) and "
            "{{ customer_name }} (“Customer”). The Provider delivers the goods and services of "
            "quote {{ quote_number }} at the prices stated there, in {{ currency }}.",
            "when": "",
        },
        {
            "title": "Term",
            "body": "The agreement starts on {{ starts_on }} and runs for {{ term_months }} months, "
            "until {{ last_day }}.",
            "when": "",
        },
        {
            "title": "Renewal",
            "body": "Unless either party gives notice at least {{ notice_days }} days before the "
            "term ends, the agreement continues on the same terms.",
            "when": "auto_renew",
        },
        {
            "title": "Delivery of goods",
            "body": "Goods are shipped to the Customer's shipping address. They are invoiced when "
            "they are shipped; risk passes on delivery.",
            "when": "goods",
        },
        {
            "title": "Subscriptions",
            "body": "Subscriptions start on {{ starts_on }}. Recurring charges are invoiced in "
            "advance for each billing period; parts of a period are charged by the day.",
            "when": "subscriptions",
        },
        {
            "title": "Usage",
            "body": "Usage is measured by the Provider and invoiced in arrears for each billing "
            "period at the rates of the quote.",
            "when": "usage",
        },
        {
            "title": "Payment",
            "body": "Invoices are due {{ payment_terms_days }} days after their date. All prices "
            "are net; tax is added as the law requires.",
            "when": "",
        },
        {
            "title": "Law",
            "body": "The law at the Provider's seat applies.",
            "when": "",
        },
    ],
    "de": [
        {
            "title": "Parteien und Gegenstand",
            "body": "Dieser Vertrag besteht zwischen {{ seller_name }} („Anbieter“) und "
            "{{ customer_name }} („Kunde“). Der Anbieter erbringt die Lieferungen und Leistungen "
            "des Angebots {{ quote_number }} zu den dort genannten Preisen in {{ currency }}.",
            "when": "",
        },
        {
            "title": "Laufzeit",
            "body": "Der Vertrag beginnt am {{ starts_on }} und läuft {{ term_months }} Monate, bis "
            "zum {{ last_day }}.",
            "when": "",
        },
        {
            "title": "Verlängerung",
            "body": "Kündigt keine Seite mindestens {{ notice_days }} Tage vor Ende der Laufzeit, "
            "gilt der Vertrag zu gleichen Bedingungen weiter.",
            "when": "auto_renew",
        },
        {
            "title": "Lieferung",
            "body": "Waren werden an die Lieferanschrift des Kunden versandt und mit dem Versand "
            "berechnet; die Gefahr geht mit der Übergabe über.",
            "when": "goods",
        },
        {
            "title": "Abonnements",
            "body": "Abonnements beginnen am {{ starts_on }}. Wiederkehrende Entgelte werden je "
            "Abrechnungszeitraum im Voraus berechnet, Teile eines Zeitraums taggenau.",
            "when": "subscriptions",
        },
        {
            "title": "Verbrauch",
            "body": "Verbrauch misst der Anbieter und berechnet ihn je Abrechnungszeitraum "
            "nachträglich zu den Sätzen des Angebots.",
            "when": "usage",
        },
        {
            "title": "Zahlung",
            "body": "Rechnungen sind {{ payment_terms_days }} Tage nach ihrem Datum fällig. Alle "
            "Preise sind netto; Steuern kommen nach dem Gesetz hinzu.",
            "when": "",
        },
        {"title": "Recht", "body": "Es gilt das Recht am Sitz des Anbieters.", "when": ""},
        {
            "title": "Änderung",
            "body": "{{ seller_name }} und {{ customer_name }} ändern ihren Vertrag "
            "{{ amended_contract }} ab {{ starts_on }} wie im Angebot {{ quote_number }} "
            "beschrieben. Alles andere bleibt wie vereinbart.",
            "when": "amendment",
        },
    ],
}
