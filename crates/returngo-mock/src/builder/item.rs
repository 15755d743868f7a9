use jiff::Timestamp;
use returngo::{
    CurrencyCode, ExchangeItem, Item, ItemPriceMethod, Money, ResolutionType, ReturnMethod, ReturnMethodType,
    ReturnedItemId, ShipmentId, ShopLineItemId,
};
use rust_decimal::Decimal;

use super::money;
use crate::Inspection;

/// Identical returned units of one order line.
///
/// ```
/// use returngo_mock::{Inspection, ItemBuilder};
/// use rust_decimal_macros::dec;
///
/// let shirts = ItemBuilder::new("LS-M", dec!(40.00)).line("81000001").tax(dec!(6.67)).units(2);
/// let worn = ItemBuilder::new("TS-42", dec!(9.99))
///     .line("81000002")
///     .tax(dec!(1.67))
///     .restocking_fee(dec!(1.50))
///     .inspected(Inspection::NotRestockable("Worn".to_owned()));
/// ```
#[derive(Debug, Clone)]
pub struct ItemBuilder {
    sku: String,
    line: Option<ShopLineItemId>,
    units: usize,
    price: Price,
    tax: Decimal,
    tax_included: bool,
    reason: String,
    resolution: ResolutionType,
    exchange: Option<Exchange>,
    restocking_fee: Decimal,
    return_fee: Decimal,
    label_fee: Decimal,
    stays: bool,
    inspection: Option<Inspection>,
}

#[derive(Debug, Clone)]
struct Price {
    amount: Decimal,
    /// The price in the shop's own currency, if the shopper paid in another.
    in_shop: Option<Money>,
}

#[derive(Debug, Clone)]
struct Exchange {
    sku: String,
    price: Decimal,
}

impl ItemBuilder {
    /// Creates one unit of this SKU with this price, tax included, to be refunded to the payment method.
    pub fn new(sku: impl Into<String>, paid: Decimal) -> Self {
        Self {
            sku: sku.into(),
            line: None,
            units: 1,
            price: Price { amount: paid, in_shop: None },
            tax: Decimal::ZERO,
            tax_included: true,
            reason: "Does not fit".to_owned(),
            resolution: ResolutionType::RefundToPaymentMethod,
            exchange: None,
            restocking_fee: Decimal::ZERO,
            return_fee: Decimal::ZERO,
            label_fee: Decimal::ZERO,
            stays: false,
            inspection: None,
        }
    }

    /// Sets the order line.
    #[must_use]
    pub fn line(mut self, id: impl Into<String>) -> Self {
        self.line = Some(ShopLineItemId::new(id));
        self
    }

    /// Sets the number of units.
    #[must_use]
    pub const fn units(mut self, units: usize) -> Self {
        self.units = units;
        self
    }

    /// Sets the tax on one unit, included in its price.
    #[must_use]
    pub const fn tax(mut self, tax: Decimal) -> Self {
        self.tax = tax;
        self
    }

    /// Sets the tax on one unit, in addition to its price.
    #[must_use]
    pub const fn tax_on_top(mut self, tax: Decimal) -> Self {
        self.tax = tax;
        self.tax_included = false;
        self
    }

    /// Sets the price of one unit in the shop's own currency, if the shopper paid in another.
    #[must_use]
    pub fn in_shop_currency(mut self, amount: Decimal, currency: &str) -> Self {
        self.price.in_shop = Some(money(amount, &CurrencyCode::new(currency)));
        self
    }

    /// Sets the return reason. The default is `Does not fit`.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Refunds the units as store credit.
    #[must_use]
    pub fn for_store_credit(self) -> Self {
        self.resolution(ResolutionType::RefundToStoreCredit)
    }

    /// Exchanges each unit for one of this SKU at this price.
    #[must_use]
    pub fn exchanged_for(mut self, sku: impl Into<String>, price: Decimal) -> Self {
        self.exchange = Some(Exchange { sku: sku.into(), price });
        self.resolution(ResolutionType::InstantVariantExchange)
    }

    /// Sets the resolution.
    #[must_use]
    pub fn resolution(mut self, resolution: ResolutionType) -> Self {
        self.resolution = resolution;
        self
    }

    /// Sets the restocking fee of one unit.
    #[must_use]
    pub const fn restocking_fee(mut self, fee: Decimal) -> Self {
        self.restocking_fee = fee;
        self
    }

    /// Sets the return fee. ReturnGO repeats a fee of the RMA on every unit.
    #[must_use]
    pub const fn return_fee(mut self, fee: Decimal) -> Self {
        self.return_fee = fee;
        self
    }

    /// Sets the label fee. ReturnGO repeats a fee of the RMA on every unit.
    #[must_use]
    pub const fn label_fee(mut self, fee: Decimal) -> Self {
        self.label_fee = fee;
        self
    }

    /// Leaves the units with the shopper: no shipment is required.
    #[must_use]
    pub const fn stays(mut self) -> Self {
        self.stays = true;
        self
    }

    /// Sets the result of the warehouse's inspection.
    #[must_use]
    pub fn inspected(mut self, inspection: Inspection) -> Self {
        self.inspection = Some(inspection);
        self
    }

    pub(super) const fn count(&self) -> usize {
        self.units
    }

    pub(super) const fn comes_back(&self) -> bool {
        !self.stays
    }

    pub(super) const fn is_exchanged(&self) -> bool {
        self.exchange.is_some()
    }

    /// Builds the unit with this id, in this parcel.
    pub(super) fn build(
        &self,
        id: ReturnedItemId,
        parcel: &ShipmentId,
        currency: &CurrencyCode,
        inspected_at: Timestamp,
    ) -> Item {
        let method = if self.stays {
            (ReturnMethodType::NoShipmentRequired, "Keep it")
        } else {
            (ReturnMethodType::ShipWithAnyCarrier, "Courier")
        };
        Item {
            returned_item_id: id,
            shop_line_item_id: self.line.clone(),
            shop_product_id: None,
            variant_id: None,
            sku: Some(self.sku.clone()),
            barcode: None,
            full_name: self.sku.clone(),
            product_name: Some(self.sku.clone()),
            variant_name: None,
            image: None,
            paid_price: Some(self.money(self.price.amount, currency)),
            paid_tax: Some(self.money(self.tax, currency)),
            tax_included: Some(self.tax_included),
            return_reason: self.reason.clone(),
            extended_reason: String::new(),
            resolution_name: resolution_name(&self.resolution).to_owned(),
            resolution_type: Some(self.resolution.clone()),
            policy_rule_name: Some("Standard".to_owned()),
            is_auto_approve: false,
            restocking_fee: self.restocking_fee,
            return_fee: self.return_fee,
            shipment_fee: self.label_fee,
            shipment_id: self.comes_back().then(|| parcel.clone()),
            return_method: Some(ReturnMethod { kind: method.0, name: method.1.to_owned() }),
            item_validation_status_response: self
                .inspection
                .as_ref()
                .map(|found| found.response(inspected_at))
                .unwrap_or_default(),
            exchange_items: self.exchange.iter().map(|exchange| exchange.item(currency)).collect(),
            follow_up_questions: Vec::new(),
        }
    }

    /// Converts an amount to the shop's currency at the exchange rate of the price.
    fn money(&self, amount: Decimal, currency: &CurrencyCode) -> Money {
        let Some(in_shop) = &self.price.in_shop else { return money(amount, currency) };
        let rate = in_shop.amount.checked_div(self.price.amount).unwrap_or_default();
        Money {
            amount,
            currency: currency.clone(),
            shop_amount: Some((amount * rate).round_dp(2)),
            shop_currency: Some(in_shop.currency.clone()),
        }
    }
}

impl Exchange {
    fn item(&self, currency: &CurrencyCode) -> ExchangeItem {
        let price = money(self.price, currency);
        ExchangeItem {
            product_id: None,
            variant_id: None,
            quantity: 1,
            sku: Some(self.sku.clone()),
            item_price_method: Some(ItemPriceMethod::CatalogPrice),
            free_exchange_price_range: None,
            catalog_price: Some(price.clone()),
            effective_price: Some(price),
        }
    }
}

/// Returns a merchant's usual name for a resolution.
fn resolution_name(resolution: &ResolutionType) -> &str {
    match resolution {
        ResolutionType::RefundToPaymentMethod => "Refund to payment method",
        ResolutionType::RefundToStoreCredit => "Store credit",
        ResolutionType::InstantVariantExchange => "Exchange for another variant",
        other => other.as_str(),
    }
}
