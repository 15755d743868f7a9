//! Checks of a seed for duplicates and missing references. The references of orders and payments are checked when the
//! account creates them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use brightpearl::{LocationId, NominalCode, OrderStatusId, ProductId, TaxCodeId};

use super::{Seed, SeedCustomField, SeedError, SeedPaymentMethod, SeedProduct};

impl Seed {
    pub(super) fn check(&self) -> Result<(), SeedError> {
        self.check_duplicates()?;
        self.check_configuration()?;
        self.check_nominal_codes()?;
        self.payment_methods.iter().try_for_each(|method| self.check_bank_accounts(method))?;
        self.check_components()?;
        self.check_locations()
    }

    fn check_duplicates(&self) -> Result<(), SeedError> {
        no_duplicates("order status", &self.order_statuses, |status| status.id)?;
        no_duplicates("channel", &self.channels, |channel| channel.id)?;
        no_duplicates("nominal code id", &self.nominal_codes, |nominal| nominal.id)?;
        no_duplicates("nominal code", &self.nominal_codes, |nominal| nominal.code.clone())?;
        no_duplicates("payment method id", &self.payment_methods, |method| method.id)?;
        no_duplicates("payment method", &self.payment_methods, |method| method.code.as_str().to_uppercase())?;
        no_duplicates("tax code id", &self.tax_codes, |rate| rate.id)?;
        no_duplicates("tax code", &self.tax_codes, |rate| rate.code.clone())?;
        no_duplicates("currency id", &self.currencies, |currency| currency.id)?;
        no_duplicates("currency", &self.currencies, |currency| currency.code.clone())?;
        no_duplicates("warehouse", &self.warehouses, |warehouse| warehouse.id)?;
        let locations: Vec<LocationId> =
            self.warehouses.iter().flat_map(super::SeedWarehouse::locations).collect();
        no_duplicates("location", &locations, |location| *location)?;
        no_duplicates("product", &self.products, |product| product.id)?;
        no_duplicates("contact", &self.contacts, |contact| contact.id)?;
        no_duplicates("accounting period", &self.accounting_periods, |period| period.id)?;
        for fields in [&self.custom_fields, &self.contact_custom_fields, &self.product_custom_fields] {
            no_duplicates("custom field id", fields, |field: &SeedCustomField| field.id)?;
            no_duplicates("custom field", fields, |field: &SeedCustomField| field.code.clone())?;
        }
        no_duplicates("order", &self.orders, |order| order.id)?;
        let rows: Vec<_> =
            self.orders.iter().flat_map(|order| &order.rows).filter_map(|row| row.id).collect();
        no_duplicates("order row", &rows, |row| *row)
    }

    /// Checks the statuses, the tax code and the currency in the configuration.
    fn check_configuration(&self) -> Result<(), SeedError> {
        const STATUSES: [&str; 6] = [
            "newSalesOrderStatusId",
            "newSalesCreditStatusId",
            "newPurchaseOrderStatusId",
            "newPurchaseCreditStatusId",
            "invoicedOrderStatusId",
            "cancelledOrderStatusId",
        ];
        let of = |name: &str| self.configuration.get(name);
        for name in STATUSES {
            let known = |id: OrderStatusId| self.order_statuses.iter().any(|status| status.id == id);
            if let Some(value) = of(name).filter(|value| !value.parse().is_ok_and(known)) {
                return refused(format!("`configuration.{name}`: unknown order status {value}"));
            }
        }
        let known = |id: TaxCodeId| self.tax_codes.iter().any(|rate| rate.id == id);
        if let Some(value) = of("defaultTaxRateId").filter(|value| !value.parse().is_ok_and(known)) {
            return refused(format!("`configuration.defaultTaxRateId`: unknown tax code {value}"));
        }
        let base = of("baseCurrencyCode").map_or("GBP", String::as_str);
        match self.currencies.iter().find(|currency| currency.code.as_str() == base) {
            None => refused(format!("the base currency {base} is not among the currencies")),
            Some(currency) if !currency.is_default => {
                refused(format!("the base currency {base} is not the default currency"))
            }
            Some(_) => Ok(()),
        }
    }

    fn has_nominal_code(&self, code: &NominalCode) -> bool {
        self.nominal_codes.iter().any(|nominal| nominal.code == *code)
    }

    fn check_nominal_codes(&self) -> Result<(), SeedError> {
        for product in &self.products {
            if let Some(code) =
                product.nominal_code_sales.as_ref().filter(|code| !self.has_nominal_code(code))
            {
                return refused(format!("product {}: unknown nominal code {code}", product.id));
            }
        }
        let known: BTreeSet<&NominalCode> = self.nominal_codes.iter().map(|nominal| &nominal.code).collect();
        for order in &self.orders {
            let mut codes = order.rows.iter().filter_map(|row| row.nominal_code.as_ref());
            if let Some(code) = codes.find(|code| !known.contains(code)) {
                return refused(format!("order {}: unknown nominal code {code} in a row", order.id));
            }
        }
        Ok(())
    }

    /// Checks bank accounts like the API (docs/evidence/brightpearl-accounting.md#payment-methods).
    fn check_bank_accounts(&self, method: &SeedPaymentMethod) -> Result<(), SeedError> {
        let code = &method.code;
        for account in &method.bank_accounts {
            let (currency, nominal) = (&account.currency_iso_code, &account.bank_account_nominal_code);
            if !self.has_nominal_code(nominal) {
                return refused(format!("payment method {code}: unknown nominal code {nominal}"));
            }
            if self.currencies.iter().all(|known| known.code != *currency) {
                return refused(format!("payment method {code}: unknown currency {currency}"));
            }
        }
        no_duplicates(
            &format!("payment method {code}: the bank account for"),
            &method.bank_accounts,
            |account| account.currency_iso_code.clone(),
        )?;
        let base = self.configuration.get("baseCurrencyCode").map_or("GBP", String::as_str);
        let for_base = method.bank_accounts.iter().any(|account| account.currency_iso_code.as_str() == base);
        if !method.bank_accounts.is_empty() && !for_base {
            return refused(format!("payment method {code} has bank accounts, but none for {base}"));
        }
        Ok(())
    }

    fn check_components(&self) -> Result<(), SeedError> {
        let products: BTreeMap<ProductId, &SeedProduct> =
            self.products.iter().map(|product| (product.id, product)).collect();
        for product in &self.products {
            let mut ids = product.components.iter().map(|component| component.product_id);
            if let Some(unknown) = ids.find(|id| !products.contains_key(id)) {
                return refused(format!("product {}: unknown component {unknown}", product.id));
            }
            if holds_itself(&products, product) {
                return refused(format!("product {} is a component of itself", product.id));
            }
        }
        Ok(())
    }

    /// Checks the locations of products and stock.
    fn check_locations(&self) -> Result<(), SeedError> {
        for product in &self.products {
            for (id, location) in &product.default_location_ids {
                let warehouse = self.warehouses.iter().find(|warehouse| warehouse.id == *id);
                if warehouse.is_none_or(|warehouse| !warehouse.locations().contains(location)) {
                    return refused(format!(
                        "product {}: unknown default location {location} in warehouse {id}",
                        product.id
                    ));
                }
            }
        }
        for stock in &self.stock {
            let id = stock.product_id;
            if !self.products.iter().any(|product| product.id == id && product.stock_tracked) {
                return refused(format!(
                    "stock of product {id}: the product is unknown or not stock-tracked"
                ));
            }
            let Some(warehouse) = self.warehouses.iter().find(|warehouse| warehouse.id == stock.warehouse_id)
            else {
                let warehouse = stock.warehouse_id;
                return refused(format!("stock of product {id}: unknown warehouse {warehouse}"));
            };
            if let Some(location) =
                stock.location_id.filter(|location| !warehouse.locations().contains(location))
            {
                let warehouse = warehouse.id;
                return refused(format!(
                    "stock of product {id}: location {location} is not in warehouse {warehouse}"
                ));
            }
        }
        Ok(())
    }
}

/// Whether a bundle contains itself, directly or inside another.
fn holds_itself(products: &BTreeMap<ProductId, &SeedProduct>, bundle: &SeedProduct) -> bool {
    let mut inside = BTreeSet::new();
    let mut to_open = vec![bundle];
    while let Some(opened) = to_open.pop() {
        for component in &opened.components {
            if inside.insert(component.product_id) {
                to_open.extend(products.get(&component.product_id));
            }
        }
    }
    inside.contains(&bundle.id)
}

fn no_duplicates<T, K: Ord + Display>(
    what: &str,
    items: &[T],
    key: impl Fn(&T) -> K,
) -> Result<(), SeedError> {
    let mut seen = BTreeSet::new();
    for item in items {
        let key = key(item);
        if seen.contains(&key) {
            return refused(format!("{what} {key} exists twice"));
        }
        seen.insert(key);
    }
    Ok(())
}

fn refused(message: String) -> Result<(), SeedError> {
    Err(SeedError(message))
}
