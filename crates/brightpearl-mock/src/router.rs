//! The table of routes.

use std::borrow::Cow;

use crate::{
    accounting::{
        accounting_period, balances, chart_of_accounts, currency, customer_payment, journal, journal_search,
        payment_method,
    },
    contact::{contact, contact_post, contact_search, postal_address},
    custom_field_requests as custom_field,
    gateway::{Answer, Call, Problem},
    integration::{account_configuration, webhook},
    order::{
        code_list, note, order, order_patch, order_post, order_search, row, row_change, row_replacement,
        sales_order_search, status, typed_order,
    },
    product::{channel, product, product_search},
    state::Account,
    warehouse::{
        fulfilment_status, goods_in_correction, goods_in_note, goods_in_search, goods_movement, location,
        product_availability, quarantine, stock_correction, warehouse,
    },
};

pub(crate) type Handler = fn(&mut Account, &Call<'_>) -> Result<Answer, Problem>;

/// One method on one URI.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// The path below the account. `{}` is one segment, `{?}` is one or none.
    pub(crate) path: &'static str,
    /// The `Message-Type` of the answer, as recorded where a recording exists
    /// (docs/evidence/brightpearl-platform.md#response-headers).
    pub(crate) message_type: &'static str,
    pub(crate) handler: Handler,
}

const SEARCH: &str = "bulk-data-search";

pub(crate) const ROUTES: &[Route] = &[
    get("order-service/order-status/{?}", "get-order-status", status::list),
    post("order-service/order-status", "post-order-status", status::create),
    get("order-service/order-type", "get-order-type", code_list::order_types),
    get("order-service/order-stock-status", "get-order-stock-status", code_list::stock_statuses),
    get("order-service/order-shipping-status", "get-order-shipping-status", code_list::shipping_statuses),
    get("order-service/order-search", SEARCH, order_search::search),
    get("order-service/order/{}", "get-order", order::get),
    post("order-service/order", "post-order", order_post::create),
    patch("order-service/order/{}", "patch-order", order_patch::patch),
    options("order-service/order/{?}", "options-order", order::options),
    get("order-service/sales-order/{}", "get-sales-order", typed_order::get_sales_order),
    options("order-service/sales-order/{?}", "options-sales-order", typed_order::sales_order_options),
    get("order-service/sales-order-search", SEARCH, sales_order_search::search),
    post("order-service/sales-order", "post-sales-order", typed_order::create_sales_order),
    post("order-service/sales-order/{}/close", "post-sales-order-close", typed_order::close_sales_order),
    put("order-service/sales-order/{}/row/{}", "put-sales-order-row", row_replacement::put),
    get("order-service/sales-credit/{}", "get-sales-credit", typed_order::get_sales_credit),
    post("order-service/sales-credit", "post-sales-credit", typed_order::create_sales_credit),
    post("order-service/sales-credit/{}/close", "post-sales-credit-close", typed_order::close_sales_credit),
    post("order-service/order/{}/row", "post-order-row", row::create),
    patch("order-service/order/{}/row/{}", "patch-order-row", row_change::patch),
    delete("order-service/order/{}/row/{}", "delete-order-row", row_change::delete),
    get("order-service/order-note-search", SEARCH, note::search),
    get("order-service/order/{}/note/{?}", "get-order-note", note::list),
    post("order-service/order/{}/note", "post-order-note", note::create),
    put("order-service/order/{}/status", "put-order-status", status::set),
    get("order-service/order/{}/custom-field", "get-custom-fields", custom_field::get_of_order),
    patch("order-service/order/{}/custom-field", "patch-custom-fields", custom_field::patch_of_order),
    get(
        "order-service/sale/custom-field-meta-data/{?}",
        "get-custom-fields-metadata",
        custom_field::sale_meta_data,
    ),
    get(
        "order-service/purchase/custom-field-meta-data/{?}",
        "get-custom-fields-metadata",
        custom_field::purchase_meta_data,
    ),
    get("accounting-service/customer-payment-search", SEARCH, customer_payment::search),
    post("accounting-service/customer-payment", "post-customer-payment", customer_payment::create),
    delete("accounting-service/customer-payment/{}", "delete-customer-payment", customer_payment::delete),
    get("accounting-service/payment-method/{?}", "get-payment-method", payment_method::list),
    get("accounting-service/payment-method-search", SEARCH, payment_method::search),
    post("accounting-service/payment-method", "post-payment-method", payment_method::create),
    put("accounting-service/payment-method/{}", "put-payment-method", payment_method::replace),
    get("accounting-service/nominal-code/{?}", "get-nominal-code", chart_of_accounts::list_nominal_codes),
    get("accounting-service/nominal-code-search", SEARCH, chart_of_accounts::search_nominal_codes),
    get("accounting-service/tax-code/{?}", "get-tax-code", chart_of_accounts::list_tax_codes),
    get("accounting-service/currency-search", SEARCH, currency::search),
    get("accounting-service/sale-payment-total/{?}", "get-sale-payment-total", balances::payment_totals),
    get("accounting-service/journal/{}", "get-journal", journal::get),
    get("accounting-service/journal-search", SEARCH, journal_search::search),
    get("accounting-service/contact/{}/currency/{}/balance", "get-contact-balance", balances::of_contact),
    get("accounting-service/exchange-rate", "get-exchange-rate", currency::list_rates),
    post("accounting-service/currency/{}/exchange-rate", "post-exchange-rate", currency::set_rate),
    put("accounting-service/currency/{}/exchange-rate", "put-exchange-rate", currency::set_rate),
    get("accounting-service/accounting-period/{?}", "get-accounting-period", accounting_period::list),
    post("accounting-service/accounting-period", "post-accounting-period", accounting_period::create),
    get("accounting-service/accounting-period-lock", "get-accounting-period-lock", accounting_period::lock),
    get("warehouse-service/warehouse/{?}", "get-warehouse", warehouse::list),
    get("warehouse-service/warehouse-search", SEARCH, warehouse::search),
    get(
        "warehouse-service/order/{}/fulfilment-status",
        "get-order-fulfilment-status",
        fulfilment_status::get,
    ),
    get(
        "warehouse-service/warehouse/{}/location/default",
        "get-default-location",
        warehouse::default_location,
    ),
    get(
        "warehouse-service/warehouse/{}/location/quarantine",
        "get-quarantine-location",
        quarantine::location,
    ),
    get("warehouse-service/warehouse/{}/location/{?}", "get-location", location::list),
    get("warehouse-service/location-search", SEARCH, location::search),
    get("warehouse-service/warehouse/{}/product/{}", "get-warehouse-defaults", location::warehouse_defaults),
    post("warehouse-service/warehouse/{}/quarantine/release", "post-quarantine-release", quarantine::release),
    post(
        "warehouse-service/warehouse/{}/stock-correction",
        "post-stock-correction",
        stock_correction::create,
    ),
    get("warehouse-service/warehouse/{}/stock-correction/{}", "get-stock-correction", stock_correction::get),
    post("warehouse-service/order/{}/goods-note/goods-in", "post-goods-in-note", goods_in_note::create),
    get("warehouse-service/order/{}/goods-note/goods-in/{?}", "get-goods-in-note", goods_in_note::get),
    get("warehouse-service/goods-in-search", SEARCH, goods_in_search::search),
    post(
        "warehouse-service/goods-note/goods-in/{}/correction",
        "post-goods-in-correction",
        goods_in_correction::correct,
    ),
    delete("warehouse-service/goods-note/goods-in/{}", "delete-goods-in-note", goods_in_correction::delete),
    get("warehouse-service/goods-movement-search", SEARCH, goods_movement::search),
    get("warehouse-service/product-availability/{?}", "get-product-availability", product_availability::get),
    get("product-service/channel/{?}", "get-channel", channel::list),
    get("product-service/channel-brand/{?}", "get-channel-brand", channel::list_brands),
    get("product-service/product-search", SEARCH, product_search::search),
    get("product-service/product/{}/bundle", "get-product-bundle", product::bundles_of),
    get("product-service/product/{}", "product-get", product::get),
    get("product-service/product/{}/custom-field", "get-custom-fields", custom_field::get_of_product),
    patch("product-service/product/{}/custom-field", "patch-custom-fields", custom_field::patch_of_product),
    options("product-service/product/{?}", "product-options", product::options),
    get("contact-service/contact/{}", "get-contact", contact::get),
    options("contact-service/contact/{?}", "options-contact", contact::options),
    post("contact-service/contact", "post-contact", contact_post::create),
    patch("contact-service/contact/{}", "patch-contact", contact::patch),
    get("contact-service/contact/{}/custom-field", "get-custom-fields", custom_field::get_of_contact),
    patch("contact-service/contact/{}/custom-field", "patch-custom-fields", custom_field::patch_of_contact),
    get("contact-service/contact-search", SEARCH, contact_search::search),
    put("contact-service/contact/{}/postal-address", "put-contact-postal-address", postal_address::assign),
    get("contact-service/postal-address/{}", "get-postal-address", postal_address::get),
    post("contact-service/postal-address", "post-postal-address", postal_address::create),
    put("contact-service/postal-address/{}", "put-postal-address", postal_address::replace),
    get("integration-service/account-configuration", "get-account-configuration", account_configuration::get),
    get("integration-service/webhook/{?}", "webhook-get", webhook::list),
    post("integration-service/webhook", "post-webhook", webhook::create),
    post("integration-service/webhook/{}/simulate", "post-webhook-simulate", webhook::simulate),
    put(
        "integration-service/integration/instance",
        "put-integration-instance",
        account_configuration::rename_instance,
    ),
    delete("integration-service/webhook/{}", "webhook-delete", webhook::delete),
];

const fn get(path: &'static str, message_type: &'static str, handler: Handler) -> Route {
    Route { method: "GET", path, message_type, handler }
}

const fn options(path: &'static str, message_type: &'static str, handler: Handler) -> Route {
    Route { method: "OPTIONS", path, message_type, handler }
}

const fn post(path: &'static str, message_type: &'static str, handler: Handler) -> Route {
    Route { method: "POST", path, message_type, handler }
}

const fn put(path: &'static str, message_type: &'static str, handler: Handler) -> Route {
    Route { method: "PUT", path, message_type, handler }
}

const fn patch(path: &'static str, message_type: &'static str, handler: Handler) -> Route {
    Route { method: "PATCH", path, message_type, handler }
}

const fn delete(path: &'static str, message_type: &'static str, handler: Handler) -> Route {
    Route { method: "DELETE", path, message_type, handler }
}

impl Route {
    /// Returns the `Message-Type` of an error. For webhooks its words are in another order than on success
    /// (recorded).
    pub(crate) fn refused_message_type(&self) -> &'static str {
        match self.message_type {
            "webhook-get" => "get-webhook",
            "webhook-delete" => "delete-webhook",
            other => other,
        }
    }
}

/// Returns the route of a path below the account, and its path parameters. The meta data of a search is below the
/// search.
pub(crate) fn route<'p>(
    method: &str,
    segments: &[Cow<'p, str>],
) -> Option<(&'static Route, Vec<Cow<'p, str>>)> {
    let segments = match segments {
        [search @ .., last] if last == "meta-data" && is_search(search) => search,
        all => all,
    };
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| Some((route, parameters(route.path, segments)?)))
}

fn is_search(segments: &[Cow<'_, str>]) -> bool {
    segments.last().is_some_and(|last| last.ends_with("-search"))
}

fn parameters<'p>(path: &str, segments: &[Cow<'p, str>]) -> Option<Vec<Cow<'p, str>>> {
    let mut segments = segments.iter();
    let mut taken = Vec::new();
    for expected in path.split('/') {
        match (expected, segments.next()) {
            ("{}" | "{?}", Some(segment)) => taken.push(segment.clone()),
            ("{?}", None) => {}
            (literal, Some(segment)) if literal == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message_type(method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
        let segments: Vec<Cow<'_, str>> = path.split('/').map(Cow::from).collect();
        let (route, parameters) = route(method, &segments)?;
        Some((route.message_type, parameters.into_iter().map(Cow::into_owned).collect()))
    }

    #[test]
    fn placeholders_take_segments_and_methods_count() {
        let notes = "warehouse-service/order/*/goods-note/goods-in";
        assert_eq!(message_type("GET", notes), Some(("get-goods-in-note", vec!["*".into()])));
        assert_eq!(
            message_type("GET", &format!("{notes}/5,6")),
            Some(("get-goods-in-note", vec!["*".into(), "5,6".into()]))
        );
        assert_eq!(message_type("POST", notes), Some(("post-goods-in-note", vec!["*".into()])));
        assert_eq!(message_type("PUT", notes), None);
        assert_eq!(message_type("GET", "order-service/order"), None);
    }
}
