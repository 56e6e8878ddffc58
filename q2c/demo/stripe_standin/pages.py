"""The hosted pages to pay on: plain HTML, no script, clearly no real money."""

from html import escape

from q2c.demo.stripe_standin.cards import CHOICES
from q2c.demo.stripe_standin.state import Object
from q2c.kernel.money import Money

_STYLE = """
:root{color-scheme:light dark;--line:light-dark(#d9dce3,#3a3f4b);--soft:light-dark(#f5f6f9,#1d2026)}
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;margin:0;background:var(--soft)}
main{max-width:460px;margin:6vh auto;padding:24px;background:light-dark(#fff,#272b33);border:1px
solid var(--line);border-radius:14px}h1{margin:0;font-size:1.9rem}p{margin:.4rem 0}
.note{font-size:.86rem;padding:.5rem .8rem;border-radius:8px;background:light-dark(#fff3d1,#4b3d10)}
.bad{background:light-dark(#ffe3e0,#5a2320)}label span{white-space:nowrap}label{display:flex;gap:10px;padding:.55rem .7rem;
border:1px solid var(--line);border-radius:9px;margin:.4rem 0;align-items:center}
label small{margin-left:auto;text-align:end;opacity:.75}.buttons{display:flex;gap:10px;margin-top:1rem}
button{font:inherit;font-weight:600;padding:.7rem 1.2rem;border-radius:9px;border:1px solid
var(--line);background:none;color:inherit;cursor:pointer}.pay{flex:1;background:#3554d1;
color:#fff;border-color:#3554d1}
"""


def page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main>{body}"
        '<p class="note">Stripe stand-in: no real money moves here.</p></main></body></html>'
    )


def checkout(session: Object, *, saves: bool, error: str) -> str:
    """Ask for a card."""
    if session["status"] != "open":
        return page("Payment", f"<h1>This payment is {escape(session['status'])}.</h1>")
    amount = _money(session["amount_total"], session["currency"])
    choices = "".join(
        f'<label><input type="radio" name="card" value="{token}"{" checked" * (i == 0)}>'
        f"<span>{number}</span><small>{words}</small></label>"
        for i, (token, number, words) in enumerate(CHOICES)
    )
    consent = "<p>Your card will be saved for later invoices, as you agreed.</p>" if saves else ""
    problem = f'<p class="note bad" role="alert">{escape(error)}</p>' if error else ""
    return page(
        "Pay",
        f"<p>To pay</p><h1>{amount}</h1>{problem}<form method='post'>"
        f"{choices}{consent}<div class='buttons'><button name='do' value='cancel'>Cancel</button>"
        "<button class='pay' name='do' value='pay'>Pay</button></div></form>",
    )


def authenticate(intent: Object) -> str:
    """Ask the payer to confirm with their bank."""
    amount = _money(intent["amount"], intent["currency"])
    return page(
        "Confirm",
        f"<h1>Confirm {amount}</h1><p>Your bank asks whether this is you.</p><form method='post'>"
        "<div class='buttons'><button name='do' value='fail'>No</button>"
        "<button class='pay' name='do' value='pass'>Yes, it is me</button></div></form>",
    )


def _money(units: int, currency: str) -> str:
    found = Money.from_minor(units, currency.upper())
    return f"{found.amount:,} {found.currency}"
