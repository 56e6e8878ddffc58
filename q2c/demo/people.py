"""The demo company's people: one for each role, all with the same password."""

from q2c.identity.models import User
from q2c.identity.roles import Role

PASSWORD = "demo-q2c-please"  # noqa: S105  shown on the sign-in page
SIGN_INS = [
    (Role.SALES_REP.label, "rep@brightline.example", PASSWORD),
    (Role.SALES_MANAGER.label, "manager@brightline.example", PASSWORD),
    (Role.LEGAL.label, "legal@brightline.example", PASSWORD),
    (Role.FINANCE.label, "finance@brightline.example", PASSWORD),
    (Role.FINANCE_MANAGER.label, "cfo@brightline.example", PASSWORD),
    (Role.ADMINISTRATOR.label, "admin@brightline.example", PASSWORD),
]
_NAMES = {
    "rep@brightline.example": ("Ana Ferreira", Role.SALES_REP),
    "rep2@brightline.example": ("Jonas Weber", Role.SALES_REP),
    "manager@brightline.example": ("Miriam Okafor", Role.SALES_MANAGER),
    "legal@brightline.example": ("Lars Nyqvist", Role.LEGAL),
    "finance@brightline.example": ("Farah Haddad", Role.FINANCE),
    "cfo@brightline.example": ("Chiara Romano", Role.FINANCE_MANAGER),
    "admin@brightline.example": ("Alex Morgan", Role.ADMINISTRATOR),
}


def hire() -> dict[str, User]:
    """Create who is missing; returns everybody by the part of the address before the @."""
    people = {}
    for email, (full_name, role) in _NAMES.items():
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, PASSWORD, full_name=full_name, role=role.value)
        people[email.partition("@")[0]] = user
    for rep in ("rep", "rep2"):
        if people[rep].manager_id is None:
            people[rep].manager = people["manager"]
            people[rep].save(update_fields=["manager"])
    return people
