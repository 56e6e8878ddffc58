from django.db import migrations

_FILL = """
INSERT INTO quotes_approvalcondition (policy_id, measure, operator, "limit", text, currency)
  SELECT id, kinds.measure, kinds.operator, limit_percent, '', ''
  FROM quotes_approvalpolicy policy
  JOIN (VALUES ('discount', 'line_discount', 'above'), ('discount', 'quote_discount', 'above'),
               ('margin', 'margin', 'below')) kinds (was, measure, operator)
    ON kinds.was = policy.measure
  ORDER BY id, kinds.measure;
UPDATE quotes_approvalpolicy SET needs_all_conditions = false;
INSERT INTO quotes_approvalstep (policy_id, stage, asks, role, manager_level, needs_all, escalate_role)
  SELECT id, 1, 'role', approver_role, 1, false, '' FROM quotes_approvalpolicy ORDER BY id;

INSERT INTO quotes_approvalround (quote_id, content_hash, content, requested_by_id, requested_at)
  SELECT DISTINCT ON (quote_id, content_hash, requested_at)
    quote_id, content_hash, '', requested_by_id, requested_at
  FROM quotes_approvalrequest ORDER BY quote_id, content_hash, requested_at, id;
UPDATE quotes_approvalrequest request
  SET round_id = round.id, role = approver_role, asks = 'role:' || approver_role,
      opened_at = request.requested_at
  FROM quotes_approvalround round
  WHERE (round.quote_id, round.content_hash, round.requested_at)
      = (request.quote_id, request.content_hash, request.requested_at);
INSERT INTO quotes_approvaldecision
    (request_id, is_approval, by_id, seat_id, for_all, at, comment, by_mail, requested_by_id, owner_id)
  SELECT request.id, request.state <> 'refused', request.decided_by_id, request.decided_by_id,
      decider.role <> request.approver_role, request.decided_at, request.comment, false,
      request.requested_by_id, quote.owner_id
  FROM quotes_approvalrequest request
  JOIN quotes_quote quote ON quote.id = request.quote_id
  JOIN identity_user decider ON decider.id = request.decided_by_id
  ORDER BY request.id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("quotes", "0016_approvals_in_stages")]

    operations = [migrations.RunSQL(_FILL, "")]
