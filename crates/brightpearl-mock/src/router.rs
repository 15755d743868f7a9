//! Every URI that the mock knows, in one table.

use std::borrow::Cow;

use crate::{
    accounting::{currency, customer_payment, nominal_code, payment_method, tax_code},
    contact,
    gateway::{Answer, Call, Problem},
    integration::{account_configuration, webhook},
    order::{custom_field, note, order, order_search, row, sales_credit, sales_order, status},
    product::{channel, product},
    state::Account,
    warehouse::{
        goods_in_note, goods_movement, product_availability, quarantine, stock_correction, warehouse,
    },
};

pub(crate) type Handler = fn(&mut Account, &Call<'_>) -> Result<Answer, Problem>;

/// One method on one URI.
pub(crate) struct Route {
    method: &'static str,
    /// Below the account; `{}` takes one segment, `{?}` takes one or none.
    path: &'static str,
    /// What the answer's `Message-Type` says, recorded where a recording exists (brightpearl-platform.md §3.5).
    pub(crate) message_type: &'static str,
    pub(crate) handler: Handler,
}

const SEARCH: &str = "bulk-data-search";

const ROUTES: &[Route] = &[
    get("order-service/order-status/{?}", "get-order-status", status::list),
    get("order-service/order-search", SEARCH, order_search::search),
    get("order-service/order/{}", "get-order", order::get),
    get("order-service/sales-order/{}", "get-sales-order", sales_order::get),
    post("order-service/sales-order", "post-sales-order", sales_order::create),
    get("order-service/sales-credit/{}", "get-sales-credit", sales_credit::get),
    post("order-service/sales-credit", "post-sales-credit", sales_credit::create),
    post("order-service/sales-credit/{}/close", "post-sales-credit-close", sales_credit::close),
    post("order-service/order/{}/row", "post-order-row", row::create),
    get("order-service/order/{}/note/{?}", "get-order-note", note::list),
    post("order-service/order/{}/note", "post-order-note", note::create),
    put("order-service/order/{}/status", "put-order-status", status::set),
    get("order-service/order/{}/custom-field", "get-custom-fields", custom_field::get),
    patch("order-service/order/{}/custom-field", "patch-custom-fields", custom_field::patch),
    get(
        "order-service/sale/custom-field-meta-data/{?}",
        "get-custom-fields-metadata",
        custom_field::meta_data,
    ),
    get("accounting-service/customer-payment-search", SEARCH, customer_payment::search),
    post("accounting-service/customer-payment", "post-customer-payment", customer_payment::create),
    delete("accounting-service/customer-payment/{}", "delete-customer-payment", customer_payment::delete),
    get("accounting-service/payment-method/{?}", "get-payment-method", payment_method::list),
    get("accounting-service/nominal-code/{?}", "get-nominal-code", nominal_code::list),
    get("accounting-service/nominal-code-search", SEARCH, nominal_code::search),
    get("accounting-service/tax-code/{?}", "get-tax-code", tax_code::list),
    get("accounting-service/currency-search", SEARCH, currency::search),
    get("warehouse-service/warehouse/{?}", "get-warehouse", warehouse::list),
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
    post("warehouse-service/warehouse/{}/quarantine/release", "post-quarantine-release", quarantine::release),
    post(
        "warehouse-service/warehouse/{}/stock-correction",
        "post-stock-correction",
        stock_correction::create,
    ),
    get("warehouse-service/warehouse/{}/stock-correction/{}", "get-stock-correction", stock_correction::get),
    post("warehouse-service/order/{}/goods-note/goods-in", "post-goods-in-note", goods_in_note::create),
    get("warehouse-service/order/{}/goods-note/goods-in/{?}", "get-goods-in-note", goods_in_note::get),
    get("warehouse-service/goods-movement-search", SEARCH, goods_movement::search),
    get("warehouse-service/product-availability/{?}", "get-product-availability", product_availability::get),
    get("product-service/channel/{?}", "get-channel", channel::list),
    get("product-service/product/{}", "product-get", product::get),
    get("contact-service/contact/{}", "get-contact", contact::get),
    get("integration-service/account-configuration", "get-account-configuration", account_configuration::get),
    get("integration-service/webhook/{?}", "webhook-get", webhook::list),
    post("integration-service/webhook", "post-webhook", webhook::create),
    delete("integration-service/webhook/{}", "webhook-delete", webhook::delete),
];

const fn get(path: &'static str, message_type: &'static str, handler: Handler) -> Route {
    Route { method: "GET", path, message_type, handler }
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

/// The route of a path below the account, and the segments that its placeholders took.
pub(crate) fn route<'p>(
    method: &str,
    segments: &[Cow<'p, str>],
) -> Option<(&'static Route, Vec<Cow<'p, str>>)> {
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| Some((route, parameters(route.path, segments)?)))
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
