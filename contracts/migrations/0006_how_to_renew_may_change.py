"""How a contract is renewed is settled while it runs; what was signed stays final."""

from django.db import migrations

from q2c.infra.guards import guard, release

_TABLE, _WHEN = "contracts_contract", "OLD.state IN ('signed', 'terminated')"
_BEFORE = "state terminated_on termination_reason"
_SINCE = f"{_BEFORE} renewal_method renewal_uplift_percent renewal_basis"


class Migration(migrations.Migration):
    dependencies = [("contracts", "0005_amendments_and_how_to_renew")]

    operations = [
        migrations.RunSQL(
            release(_TABLE) + guard(_TABLE, may_change=_SINCE, when=_WHEN),
            release(_TABLE) + guard(_TABLE, may_change=_BEFORE, when=_WHEN),
        ),
    ]
