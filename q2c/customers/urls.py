from django.urls import path

from q2c.customers.views import legal_entities, parts, staff

app_name = "customers"
urlpatterns = [
    path("", staff.list_, name="list"),
    path("export.csv", staff.export, name="export"),
    path("new/", staff.new, name="new"),
    path("legal-entities/", legal_entities.list_, name="legal_entities"),
    path("legal-entities/new/", legal_entities.new, name="legal_entity_new"),
    path("legal-entities/<int:entity_id>/", legal_entities.edit, name="legal_entity"),
    path("legal-entities/<int:entity_id>/logo/", legal_entities.logo, name="legal_entity_logo"),
    path("<int:customer_id>/", staff.detail, name="detail"),
    path("<int:customer_id>/edit/", staff.edit, name="edit"),
    path("<int:customer_id>/portal-link/", parts.portal_link, name="portal_link"),
    path("<int:customer_id>/contacts/new/", parts.contact_new, name="contact_new"),
    path("<int:customer_id>/contacts/<int:contact_id>/", parts.contact_edit, name="contact_edit"),
    path(
        "<int:customer_id>/contacts/<int:contact_id>/remove/",
        parts.contact_remove,
        name="contact_remove",
    ),
    path("<int:customer_id>/addresses/<str:kind>/", parts.address, name="address"),
    path(
        "<int:customer_id>/addresses/shipping/remove/", parts.address_remove, name="address_remove"
    ),
]
