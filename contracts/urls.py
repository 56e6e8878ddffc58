from django.urls import include, path

from contracts.views import clauses, panels, portal, setup, staff, wording

app_name = "contracts"
_staff = [
    path("", staff.list_, name="list"),
    path("templates/", setup.templates, name="templates"),
    path("templates/new/", setup.template_new, name="template_new"),
    path("templates/<int:template_id>/", setup.template, name="template"),
    path("clauses/", clauses.list_, name="clauses"),
    path("clauses/new/", clauses.new, name="clause_new"),
    path("clauses/<int:clause_id>/", clauses.detail, name="clause"),
    path("clauses/<int:clause_id>/edit/", clauses.edit, name="clause_edit"),
    path("clauses/<int:clause_id>/archive/", clauses.archive, name="clause_archive"),
    path("clauses/<int:clause_id>/restore/", clauses.restore, name="clause_restore"),
    path("policies/", setup.policies, name="policies"),
    path("policies/new/", setup.policy_new, name="policy_new"),
    path("policies/<int:policy_id>/", setup.policy, name="policy"),
    path("of-customer/<int:customer_id>/", panels.customer, name="customer_panel"),
    path("of-quote/<int:quote_id>/", panels.quote, name="quote_panel"),
    path("<int:contract_id>/", staff.detail, name="detail"),
    path("<int:contract_id>/pdf/", staff.pdf, name="pdf"),
    path("<int:contract_id>/text.pdf", staff.text_pdf, name="text_pdf"),
    path("<int:contract_id>/text/send/", staff.send_again, name="send_text"),
    path("<int:contract_id>/evidence/", panels.evidence, name="evidence"),
    path("<int:contract_id>/desks/<str:desk>/approve/", staff.approve, name="approve"),
    path("<int:contract_id>/desks/<str:desk>/refuse/", staff.refuse, name="refuse"),
    path("<int:contract_id>/countersign/", staff.countersign, name="countersign"),
    path(
        "<int:contract_id>/countersign/refuse/",
        staff.refuse_signature,
        name="refuse_countersignature",
    ),
    path("<int:contract_id>/clauses/<int:position>/", wording.swap, name="swap"),
    path("<int:contract_id>/terminate/", staff.terminate, name="terminate"),
]
_portal = [
    path("<int:contract_id>/", portal.contract, name="portal_contract"),
    path("<int:contract_id>/document.pdf", portal.pdf, name="portal_pdf"),
    path("<int:contract_id>/text.pdf", portal.text_pdf, name="portal_text"),
    path("<int:contract_id>/certificate.pdf", portal.certificate, name="portal_certificate"),
    path("<int:contract_id>/accept/", portal.accept, name="portal_accept"),
    path("<int:contract_id>/decline/", portal.decline, name="portal_decline"),
]
urlpatterns = [
    path("contracts/", include(_staff)),
    path("portal/contracts/", include(_portal)),
]
