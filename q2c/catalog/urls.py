from django.urls import path

from q2c.catalog.views import bundles, parts, products, tax_rates

app_name = "catalog"
urlpatterns = [
    path("", products.list_, name="list"),
    path("export.csv", products.export, name="export"),
    path("new/", products.new, name="new"),
    path("tax-rates/", tax_rates.tax_rates, name="tax_rates"),
    path("tax-rates/add/", tax_rates.tax_rate_add, name="tax_rate_add"),
    path("tax-rates/<int:rate_id>/end/", tax_rates.tax_rate_end, name="tax_rate_end"),
    path("<int:product_id>/", products.detail, name="detail"),
    path("<int:product_id>/edit/", products.edit, name="edit"),
    path("<int:product_id>/prices/new/", parts.price_new, name="price_new"),
    path("<int:product_id>/prices/<int:price_id>/remove/", parts.price_remove, name="price_remove"),
    path("<int:product_id>/costs/new/", parts.cost_new, name="cost_new"),
    path("<int:product_id>/costs/<int:cost_id>/remove/", parts.cost_remove, name="cost_remove"),
    path("<int:product_id>/pictures/new/", parts.picture_new, name="picture_new"),
    path(
        "<int:product_id>/pictures/<int:picture_id>/remove/",
        parts.picture_remove,
        name="picture_remove",
    ),
    path("pictures/<str:sha256>/", parts.picture, name="picture"),
    path("<int:product_id>/versions/<int:number>/", parts.version, name="version"),
    path("<int:product_id>/options/new/", bundles.option_new, name="option_new"),
    path("<int:product_id>/options/<int:option_id>/", bundles.option_edit, name="option_edit"),
    path(
        "<int:product_id>/options/<int:option_id>/remove/",
        bundles.option_remove,
        name="option_remove",
    ),
    path("<int:product_id>/groups/new/", bundles.group_new, name="group_new"),
    path("<int:product_id>/groups/<int:group_id>/", bundles.group_edit, name="group_edit"),
    path(
        "<int:product_id>/groups/<int:group_id>/remove/", bundles.group_remove, name="group_remove"
    ),
    path("<int:product_id>/rules/new/", bundles.rule_new, name="rule_new"),
    path("<int:product_id>/rules/<int:rule_id>/remove/", bundles.rule_remove, name="rule_remove"),
]
