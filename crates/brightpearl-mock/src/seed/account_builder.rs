use std::collections::BTreeSet;

use brightpearl::{InstanceId, order::OrderTypeCode};
use jiff::civil::Date;

use super::{
    Seed, SeedAccountingPeriod, SeedChannel, SeedContact, SeedCurrency, SeedCustomField, SeedError,
    SeedNominalCode, SeedOrder, SeedOrderStatus, SeedPayment, SeedPaymentMethod, SeedProduct, SeedStock,
    SeedTaxCode, SeedWarehouse,
};
use crate::state::Account;

/// Builds an account with the content of a new Brightpearl account: factory statuses
/// (docs/evidence/brightpearl-orders.md#order-statuses), the nominal codes that Brightpearl itself posts to, a base
/// currency, tax codes `T20` and `Z`, and a warehouse 2 with locations 2 and 3 (quarantine). It has no channels,
/// payment methods, contacts, products and orders.
///
/// An added status, nominal code, tax code or warehouse replaces the factory one with the same id.
///
/// ```
/// use brightpearl_mock::{
///     Account, SeedContact, SeedOrder, SeedPayment, SeedPaymentMethod, SeedProduct, SeedRow, SeedStock,
/// };
/// use rust_decimal_macros::dec;
///
/// let account = Account::builder()
///     .payment_methods([SeedPaymentMethod::new(7, "STRIPE_UK", "Stripe UK").bank_account("GBP", "1200")])
///     .contacts([SeedContact::customer(5012, "Ada", "Example", "ada@example.test")])
///     .products([SeedProduct::tracked(2044, "LS-M", "Linen shirt M").cost(12)])
///     .stock([SeedStock::new(2044, 2, 40)])
///     .orders((0..1_000).map(|number| {
///         SeedOrder::sale(300_000 + number, 5012)
///             .reference(&format!("#AC{number}"))
///             .row(SeedRow::product(2044, 1, dec!(33.33), dec!(6.67), "T20"))
///             .shipped()
///     }))
///     .payments([SeedPayment::receipt(300_000, "STRIPE_UK", 40)])
///     .build()?;
///
/// let wrong = Account::builder().orders([SeedOrder::sale(1, 5012)]).build().unwrap_err();
/// assert!(wrong.to_string().contains("order 1: There is no customer 5012"));
/// # Ok::<(), brightpearl_mock::SeedError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct AccountBuilder {
    seed: Seed,
}

/// Writes the methods that add items to the lists of the seed.
macro_rules! adding {
    ($( $(#[$doc:meta])+ $name:ident: $item:ty, )+) => {
        impl AccountBuilder {
            $(
                $(#[$doc])+
                pub fn $name(mut self, $name: impl IntoIterator<Item = $item>) -> Self {
                    self.seed.$name.extend($name);
                    self
                }
            )+
        }
    };
}

adding! {
    /// Adds customers and suppliers.
    contacts: SeedContact,
    /// Adds products with stock, products without stock, and bundles.
    products: SeedProduct,
    /// Adds opening stock.
    stock: SeedStock,
    /// Adds tax codes.
    tax_codes: SeedTaxCode,
    /// Adds nominal codes, including bank accounts.
    nominal_codes: SeedNominalCode,
    /// Adds payment methods.
    payment_methods: SeedPaymentMethod,
    /// Adds currencies with their rates.
    currencies: SeedCurrency,
    /// Adds order statuses.
    order_statuses: SeedOrderStatus,
    /// Adds sales channels.
    channels: SeedChannel,
    /// Adds warehouses with their locations.
    warehouses: SeedWarehouse,
    /// Adds custom fields of sales and sales credits.
    custom_fields: SeedCustomField,
    /// Adds custom fields of contacts.
    contact_custom_fields: SeedCustomField,
    /// Adds custom fields of products.
    product_custom_fields: SeedCustomField,
    /// Adds orders, parents before their credits.
    orders: SeedOrder,
    /// Adds payments on the orders.
    payments: SeedPayment,
    /// Adds accounting periods. Without any, all dates are open.
    accounting_periods: SeedAccountingPeriod,
}

impl AccountBuilder {
    pub(crate) fn new() -> Self {
        Self { seed: blank() }
    }

    /// Sets the account code. The default is `acmeoutdoors`.
    pub fn code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.seed.account);
        self
    }

    /// Sets the credentials of a private app. The default is `acmeoutdoors_returns` and `mock-account-token`.
    pub fn credentials(mut self, app_ref: &str, token: &str) -> Self {
        app_ref.clone_into(&mut self.seed.app_ref);
        token.clone_into(&mut self.seed.token);
        self
    }

    /// Sets the caller's integration instance. The default is 41.
    pub fn instance_id(mut self, id: u64) -> Self {
        self.seed.instance_id = InstanceId::new(id);
        self
    }

    /// Sets the time zone. The default is `Europe/London`.
    pub fn time_zone(self, iana_name: &str) -> Self {
        self.configuration("timeZone", iana_name)
    }

    /// Sets the base currency. The default is `GBP`.
    pub fn base_currency(self, code: &str) -> Self {
        self.configuration("baseCurrencyCode", code)
    }

    /// Sets a value of `account-configuration`, such as `newSalesCreditStatusId`.
    pub fn configuration(mut self, name: &str, value: &str) -> Self {
        self.seed.configuration.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Locks accounting up to and including this day.
    pub fn locked_until(mut self, day: Date) -> Self {
        self.seed.locked_until = Some(day);
        self
    }

    /// Builds the account.
    ///
    /// # Errors
    /// The account is invalid: something is missing or exists twice. The error names it.
    pub fn build(self) -> Result<Account, SeedError> {
        Account::from_seed(with_factory_settings(self.seed))
    }
}

fn blank() -> Seed {
    let configuration = [
        ("timeZone", "Europe/London"),
        ("baseCurrencyCode", "GBP"),
        ("defaultCurrencyCode", "1"),
        ("taxSchemeCode", "VAT"),
        ("defaultTaxRateId", "7"),
        ("costOfSalesEnabled", "1"),
        ("multipleWarehouseEnabled", "1"),
        ("defaultCostPriceListId", "1"),
        ("salesNominalCode", "4000"),
        ("newSalesOrderStatusId", "3"),
        ("newSalesCreditStatusId", "10"),
        ("newPurchaseOrderStatusId", "6"),
        ("newPurchaseCreditStatusId", "12"),
        ("invoicedOrderStatusId", "4"),
        ("cancelledOrderStatusId", "5"),
    ];
    Seed {
        account: "acmeoutdoors".to_owned(),
        app_ref: "acmeoutdoors_returns".to_owned(),
        token: "mock-account-token".to_owned(),
        dev_ref: None,
        signed_token: None,
        client_secret: None,
        instance_id: InstanceId::new(41),
        configuration: configuration.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        order_statuses: Vec::new(),
        channels: Vec::new(),
        nominal_codes: Vec::new(),
        payment_methods: Vec::new(),
        tax_codes: Vec::new(),
        currencies: Vec::new(),
        warehouses: Vec::new(),
        products: Vec::new(),
        contacts: Vec::new(),
        stock: Vec::new(),
        custom_fields: Vec::new(),
        contact_custom_fields: Vec::new(),
        product_custom_fields: Vec::new(),
        orders: Vec::new(),
        payments: Vec::new(),
        accounting_periods: Vec::new(),
        locked_until: None,
    }
}

/// Adds the factory settings that the seed does not replace.
fn with_factory_settings(mut seed: Seed) -> Seed {
    let base = seed.configuration.get("baseCurrencyCode").cloned().unwrap_or_default();
    if seed.currencies.iter().all(|currency| !currency.is_default) {
        seed.currencies.insert(0, SeedCurrency::base(1, &base));
    }
    seed.order_statuses = completed(seed.order_statuses, factory_statuses(), |status| status.id);
    seed.nominal_codes = completed(seed.nominal_codes, factory_nominal_codes(), |nominal| nominal.id);
    seed.tax_codes =
        completed(seed.tax_codes, [SeedTaxCode::new(7, "T20", 20), SeedTaxCode::new(8, "Z", 0)], |rate| {
            rate.id
        });
    seed.warehouses =
        completed(seed.warehouses, [SeedWarehouse::new(2, "Main warehouse", 2, 3)], |warehouse| warehouse.id);
    seed
}

/// Returns the factory items whose id is not given, followed by the given items.
fn completed<T, I: Ord>(given: Vec<T>, factory: impl IntoIterator<Item = T>, id: impl Fn(&T) -> I) -> Vec<T> {
    let replaced: BTreeSet<I> = given.iter().map(&id).collect();
    let mut all: Vec<T> = factory.into_iter().filter(|item| !replaced.contains(&id(item))).collect();
    all.extend(given);
    all
}

fn factory_statuses() -> [SeedOrderStatus; 9] {
    use OrderTypeCode::{PurchaseCredit, PurchaseOrder, SalesCredit, SalesOrder};
    [
        SeedOrderStatus::new(1, SalesOrder, "Draft / Quote"),
        SeedOrderStatus::new(3, SalesOrder, "New phone order"),
        SeedOrderStatus::new(4, SalesOrder, "Invoiced"),
        SeedOrderStatus::new(5, SalesOrder, "Cancelled"),
        SeedOrderStatus::new(6, PurchaseOrder, "Pending PO"),
        SeedOrderStatus::new(7, PurchaseOrder, "Placed with supplier"),
        SeedOrderStatus::new(10, SalesCredit, "Sales credit"),
        SeedOrderStatus::new(11, SalesCredit, "Credit complete"),
        SeedOrderStatus::new(12, PurchaseCredit, "Purchase credit"),
    ]
}

fn factory_nominal_codes() -> [SeedNominalCode; 6] {
    [
        SeedNominalCode::new(51, "1001", "Stock"),
        SeedNominalCode::new(52, "1100", "Debtors"),
        SeedNominalCode::bank(53, "1200", "Current account"),
        SeedNominalCode::new(57, "2200", "Sales tax"),
        SeedNominalCode::new(58, "4000", "Sales"),
        SeedNominalCode::new(61, "5000", "Cost of sales"),
    ]
}
