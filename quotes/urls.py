from django.urls import include, path

from quotes.views import (
    customer_side,
    decisions,
    editor,
    lines,
    policies,
    portal,
    portal_counter,
    portal_talk,
    price_books,
    staff,
)

app_name = "quotes"
_staff = [
    path("", staff.list_, name="list"),
    path("export.csv", staff.export, name="export"),
    path("bulk/", decisions.bulk, name="bulk"),
    path("new/", editor.new, name="new"),
    path("customers/", editor.customers, name="customers"),
    path("of-customer/<int:customer_id>/", staff.of_customer, name="of_customer"),
    path("<int:quote_id>/", staff.detail, name="detail"),
    path("<int:quote_id>/pdf/", staff.pdf, name="pdf"),
    path("<int:quote_id>/preview/", staff.preview, name="preview"),
    path("<int:quote_id>/edit/", editor.edit, name="edit"),
    path("<int:quote_id>/terms/", editor.term, name="term"),
    path("<int:quote_id>/products/", lines.products, name="products"),
    path("<int:quote_id>/bundles/<int:product_id>/", lines.bundle, name="bundle"),
    path("<int:quote_id>/lines/", lines.add, name="line_add"),
    path("<int:quote_id>/adjustments/", lines.adjust, name="adjustment_add"),
    path("<int:quote_id>/lines/<int:line_id>/", lines.change, name="line"),
    path("<int:quote_id>/lines/<int:line_id>/remove/", lines.remove, name="line_remove"),
    path("<int:quote_id>/lines/<int:line_id>/move/<str:way>/", lines.move, name="line_move"),
    path("<int:quote_id>/submit/", decisions.submit, name="submit"),
    path("<int:quote_id>/recall/", decisions.recall, name="recall"),
    path("<int:quote_id>/send/", decisions.send, name="send"),
    path("<int:quote_id>/revise/", decisions.revise, name="revise"),
    path("<int:quote_id>/cancel/", decisions.cancel, name="cancel"),
    path("<int:quote_id>/comment/", customer_side.comment, name="comment"),
    path("<int:quote_id>/files/<int:file_id>/", customer_side.attachment, name="file"),
    path("<int:quote_id>/counter/<int:counter_id>/", customer_side.answer, name="counter_answer"),
    path("<int:quote_id>/readers/revoke/", customer_side.revoke, name="revoke_reader"),
    path("<int:quote_id>/approvals/<int:request_id>/approve/", decisions.approve, name="approve"),
    path("<int:quote_id>/approvals/<int:request_id>/refuse/", decisions.refuse, name="refuse"),
]
_settings = [
    path("price-books/", price_books.list_, name="price_books"),
    path("price-books/new/", price_books.new, name="price_book_new"),
    path("price-books/<int:book_id>/", price_books.detail, name="price_book"),
    path("price-books/<int:book_id>/edit/", price_books.edit, name="price_book_edit"),
    path("price-books/<int:book_id>/prices/new/", price_books.price_new, name="price_new"),
    path("price-books/<int:book_id>/prices/<int:price_id>/", price_books.price, name="price"),
    path("approval-policies/", policies.list_, name="policies"),
    path("approval-policies/new/", policies.new, name="policy_new"),
    path("approval-policies/<int:policy_id>/", policies.edit, name="policy"),
]
_portal = [
    path("<int:quote_id>/", portal.quote, name="portal_quote"),
    path("<int:quote_id>/document.pdf", portal.pdf, name="portal_pdf"),
    path("<int:quote_id>/ask/", portal_talk.ask, name="portal_ask"),
    path("<int:quote_id>/files/<int:file_id>/", portal_talk.attachment, name="portal_file"),
    path("<int:quote_id>/counter/", portal_counter.counter, name="portal_counter"),
    path("<int:quote_id>/counter/withdraw/", portal_counter.withdraw, name="portal_withdraw"),
    path("<int:quote_id>/forward/", portal_talk.forward, name="portal_forward"),
    path("<int:quote_id>/newer/", portal_talk.newer, name="portal_newer"),
    path("<int:quote_id>/seen/", portal_talk.seen, name="portal_seen"),
    path(
        "<int:quote_id>/chosen/<str:content_hash>.pdf", portal.chosen_pdf, name="portal_chosen_pdf"
    ),
    path("<int:quote_id>/choose/", portal.choose, name="portal_choose"),
    path("<int:quote_id>/accept/", portal.accept, name="portal_accept"),
    path("<int:quote_id>/decline/", portal.decline, name="portal_decline"),
]
urlpatterns = [
    path("quotes/", include(_staff)),
    *_settings,
    path("portal/quotes/", include(_portal)),
]
