//! One handle for each resource.

use super::Client;
use crate::{Error, accounting, contact, integration, order, product, warehouse};

impl Client {
    /// Sales credits.
    pub fn sales_credits(&self) -> order::sales_credit::SalesCredits<'_> {
        order::sales_credit::SalesCredits(self)
    }

    /// Sales orders.
    pub fn sales_orders(&self) -> order::sales_order::SalesOrders<'_> {
        order::sales_order::SalesOrders(self)
    }

    /// Orders of all types.
    pub fn orders(&self) -> order::order::Orders<'_> {
        order::order::Orders(self)
    }

    /// Order statuses.
    pub fn order_statuses(&self) -> order::status::OrderStatuses<'_> {
        order::status::OrderStatuses(self)
    }

    /// Notes on orders.
    pub fn order_notes(&self) -> order::note::OrderNotes<'_> {
        order::note::OrderNotes(self)
    }

    /// Rows of orders.
    pub fn order_rows(&self) -> order::row::OrderRows<'_> {
        order::row::OrderRows(self)
    }

    /// Custom fields of orders.
    pub fn order_custom_fields(&self) -> order::custom_field::OrderCustomFields<'_> {
        order::custom_field::OrderCustomFields(self)
    }

    /// Returns the lists behind the codes on orders.
    pub fn order_codes(&self) -> order::code_list::OrderCodes<'_> {
        order::code_list::OrderCodes(self)
    }

    /// Payments by and refunds to customers.
    pub fn customer_payments(&self) -> accounting::customer_payment::CustomerPayments<'_> {
        accounting::customer_payment::CustomerPayments(self)
    }

    /// What was paid on orders in all.
    pub fn sale_payment_totals(&self) -> accounting::sale_payment_total::SalePaymentTotals<'_> {
        accounting::sale_payment_total::SalePaymentTotals(self)
    }

    /// Payment methods.
    pub fn payment_methods(&self) -> accounting::payment_method::PaymentMethods<'_> {
        accounting::payment_method::PaymentMethods(self)
    }

    /// Returns the chart of accounts.
    pub fn nominal_codes(&self) -> accounting::nominal_code::NominalCodes<'_> {
        accounting::nominal_code::NominalCodes(self)
    }

    /// Bank accounts: the nominal codes that are flagged as such.
    pub fn bank_accounts(&self) -> accounting::nominal_code::BankAccounts<'_> {
        accounting::nominal_code::BankAccounts(self)
    }

    /// Tax codes.
    pub fn tax_codes(&self) -> accounting::tax_code::TaxCodes<'_> {
        accounting::tax_code::TaxCodes(self)
    }

    /// Currencies.
    pub fn currencies(&self) -> accounting::currency::Currencies<'_> {
        accounting::currency::Currencies(self)
    }

    /// Exchange rates.
    pub fn exchange_rates(&self) -> accounting::exchange_rate::ExchangeRates<'_> {
        accounting::exchange_rate::ExchangeRates(self)
    }

    /// Accounting periods and the lock date.
    pub fn accounting_periods(&self) -> accounting::accounting_period::AccountingPeriods<'_> {
        accounting::accounting_period::AccountingPeriods(self)
    }

    /// Journals.
    pub fn journals(&self) -> accounting::journal::Journals<'_> {
        accounting::journal::Journals(self)
    }

    /// What customers owe or are owed.
    pub fn contact_balances(&self) -> accounting::contact_balance::ContactBalances<'_> {
        accounting::contact_balance::ContactBalances(self)
    }

    /// Goods-in notes.
    pub fn goods_in_notes(&self) -> warehouse::goods_in_note::GoodsInNotes<'_> {
        warehouse::goods_in_note::GoodsInNotes(self)
    }

    /// Goods movements.
    pub fn goods_movements(&self) -> warehouse::goods_movement::GoodsMovements<'_> {
        warehouse::goods_movement::GoodsMovements(self)
    }

    /// Stock corrections.
    pub fn stock_corrections(&self) -> warehouse::stock_correction::StockCorrections<'_> {
        warehouse::stock_correction::StockCorrections(self)
    }

    /// How many units can be sold, and where.
    pub fn product_availability(&self) -> warehouse::product_availability::ProductAvailabilities<'_> {
        warehouse::product_availability::ProductAvailabilities(self)
    }

    /// Warehouses, their locations and quarantines.
    pub fn warehouses(&self) -> warehouse::warehouse::Warehouses<'_> {
        warehouse::warehouse::Warehouses(self)
    }

    /// Locations inside warehouses.
    pub fn locations(&self) -> warehouse::location::Locations<'_> {
        warehouse::location::Locations(self)
    }

    /// Sales channels.
    pub fn channels(&self) -> product::channel::Channels<'_> {
        product::channel::Channels(self)
    }

    /// Returns the brands of channels.
    pub fn channel_brands(&self) -> product::channel_brand::ChannelBrands<'_> {
        product::channel_brand::ChannelBrands(self)
    }

    /// Products.
    pub fn products(&self) -> product::product::Products<'_> {
        product::product::Products(self)
    }

    /// Returns the bundles that products are in.
    pub fn bundles(&self) -> product::bundle::Bundles<'_> {
        product::bundle::Bundles(self)
    }

    /// Customers, suppliers and staff.
    pub fn contacts(&self) -> contact::contact::Contacts<'_> {
        contact::contact::Contacts(self)
    }

    /// Postal addresses.
    pub fn postal_addresses(&self) -> contact::postal_address::PostalAddresses<'_> {
        contact::postal_address::PostalAddresses(self)
    }

    /// Webhook subscriptions.
    pub fn webhooks(&self) -> integration::webhook::Webhooks<'_> {
        integration::webhook::Webhooks(self)
    }

    /// Gets the account's configuration.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn account_configuration(&self) -> Result<integration::AccountConfiguration, Error> {
        self.send(&integration::account_configuration::get()).await
    }

    /// Renames the caller's own installation; see [`integration::instance::rename`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn rename_instance(&self, name: &str) -> Result<integration::IntegrationInstance, Error> {
        self.send(&integration::instance::rename(name)).await
    }
}
