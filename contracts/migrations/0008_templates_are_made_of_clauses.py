import re
from datetime import UTC, datetime

from django.db import migrations, models

from q2c.infra.guards import guard, release

_BLANK = re.compile(r"\{\{\s*[a-z_]+\s*\}\}")
_REASON = "Taken over from the contract templates"

CONTRACT_CLAUSES = """
-- What stands in a contract's text changes only while the contract is being approved.
CREATE FUNCTION contracts_refuse_clause_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM contracts_contract WHERE id = OLD.contract_id AND state <> 'in_approval')
  THEN
    RAISE EXCEPTION 'The clauses of contract % are final', OLD.contract_id USING ERRCODE = 'QC001';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER contracts_contractclause_is_final BEFORE UPDATE OR DELETE ON contracts_contractclause
  FOR EACH ROW EXECUTE FUNCTION contracts_refuse_clause_change();
"""
# Earlier words of a desk have no place in the older table.
EARLIER_WORDS = """
ALTER TABLE contracts_contractapproval DISABLE TRIGGER contracts_contractapproval_is_final;
DELETE FROM contracts_contractapproval earlier USING contracts_contractapproval later
  WHERE (earlier.contract_id, earlier.desk) = (later.contract_id, later.desk)
    AND earlier.id < later.id;
ALTER TABLE contracts_contractapproval ENABLE ALWAYS TRIGGER contracts_contractapproval_is_final;
"""


def take_over(apps, schema_editor):
    clauses = _fill_library(apps)
    _find_in_contracts(apps, clauses)
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _fill_library(apps):
    """Write a clause for each text of a template (the same text once); returns them by template."""
    clause_model, version_model, template_model, place_model = (
        apps.get_model("contracts", name)
        for name in ("Clause", "ClauseVersion", "ContractTemplate", "TemplateClause")
    )
    names, known, taken = set(), {}, {}
    for template in template_model.objects.order_by("-is_default", "pk"):
        rows = []
        for position, text in enumerate(template.clauses, start=1):
            key = (template.language, text["title"], text["body"])
            if key not in known:
                name = _name(text["title"], template.language, names)
                clause = clause_model.objects.create(name=name)
                words = {"title": text["title"], "body": text["body"]}
                known[key] = version_model.objects.create(
                    clause=clause,
                    number=1,
                    texts={template.language: words},
                    reason=_REASON,
                    made_at=datetime.now(UTC),
                )
            version = known[key]
            place_model.objects.create(
                template=template,
                position=position,
                clause_id=version.clause_id,
                when=text.get("when", ""),
            )
            rows.append((text["title"], _pattern(text["body"]), version.pk))
        taken[template.pk] = rows
    return taken


def _name(title, language, names):
    base = name = title.strip()[:80]
    if name in names:
        name = f"{base} ({language})"
    number = 2
    while name in names:
        name = f"{base} ({language} {number})"
        number += 1
    names.add(name)
    return name


def _pattern(body):
    """Match what became of a text once its blanks were filled."""
    return re.compile(".*?".join(re.escape(piece) for piece in _BLANK.split(body)), re.DOTALL)


def _find_in_contracts(apps, taken):
    """Note for each contract which clauses stand in it; words that fit none are left alone."""
    contract_model = apps.get_model("contracts", "Contract")
    row_model = apps.get_model("contracts", "ContractClause")
    rows = []
    contracts = contract_model.objects.values_list("pk", "template_id", "body")
    for contract_id, template_id, body in contracts.order_by("pk").iterator(2000):
        for position, said in enumerate(body):
            for title, pattern, version_id in taken[template_id]:
                if said["title"] == title and pattern.fullmatch(said["body"]):
                    rows.append(
                        row_model(
                            contract_id=contract_id,
                            position=position,
                            standard_id=version_id,
                            used_id=version_id,
                        )
                    )
                    break
        if len(rows) > 5000:
            row_model.objects.bulk_create(rows)
            rows = []
    row_model.objects.bulk_create(rows)


def give_back(apps, schema_editor):
    """Write into each template the words that it would take now."""
    template_model = apps.get_model("contracts", "ContractTemplate")
    place_model = apps.get_model("contracts", "TemplateClause")
    version_model = apps.get_model("contracts", "ClauseVersion")
    newest = {
        version.clause_id: version
        for version in version_model.objects.filter(number=models.F("clause__version"))
    }
    for template in template_model.objects.all():
        places = place_model.objects.filter(template=template).select_related("pinned")
        template.clauses = [
            {
                **(place.pinned or newest[place.clause_id]).texts[template.language],
                "when": place.when,
            }
            for place in places.order_by("position")
        ]
        template.save(update_fields=["clauses"])
    schema_editor.execute(EARLIER_WORDS)
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0007_clause_library"),
        ("infra", "0002_what_the_database_refuses"),
    ]

    operations = [
        migrations.RunPython(take_over, give_back),
        migrations.RemoveField("contracttemplate", "clauses"),
        migrations.RunSQL(guard("contracts_clauseversion"), release("contracts_clauseversion")),
        migrations.RunSQL(
            CONTRACT_CLAUSES, "DROP FUNCTION contracts_refuse_clause_change() CASCADE"
        ),
    ]
