//! Builds an account from a seed. Orders and payments are created as by a POST, so the seed cannot contain what the
//! account would reject.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use brightpearl::{
    ChannelBrandId, OffsetDateTime, PriceListId,
    accounting::{
        BankAccountLink, Currency, NominalAccount, PaymentMethod, TaxRate, nominal_code::NominalCodeType,
    },
    order::{
        Address, AllocationStatusCode, Order, OrderStatus, ShippingStatusCode, TaxState, order::OrderState,
    },
    product::Channel,
    warehouse::Warehouse,
};
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;

use super::{
    AccountBuilder, Seed, SeedAccountingPeriod, SeedAddress, SeedChannel, SeedContact, SeedCurrency,
    SeedCustomField, SeedError, SeedNominalCode, SeedOrder, SeedOrderStatus, SeedPayment, SeedPaymentMethod,
    SeedProduct, SeedStock, SeedTaxCode, SeedWarehouse,
};
use crate::{
    Switches,
    accounting::{
        customer_payment::{self, NewPayment},
        journal, payment_method as method,
    },
    custom_field::{CustomField, CustomFields},
    gateway::{Credentials, Problem, oauth::OAuth},
    index::Index,
    next_ids::NextIds,
    order::{self, NewCurrency, NewOrder, NewParty, NewRow},
    records::{Component, Contact, StoredAddress, StoredPeriod, StoredProduct, StoredRate, StoredWarehouse},
    state::Account,
    stock::Stock,
    warehouse::stock_correction,
};

impl Account {
    /// Returns a builder that starts from a new Brightpearl account.
    pub fn builder() -> AccountBuilder {
        AccountBuilder::new()
    }

    /// Builds the account of a seed.
    ///
    /// # Errors
    /// The seed is invalid: something is missing or exists twice. The error names it.
    pub fn from_seed(seed: impl Into<Arc<Seed>>) -> Result<Self, SeedError> {
        let seed = seed.into();
        seed.check()?;
        let mut account = empty(&seed)?;
        for contact in &seed.contacts {
            add_contact(&mut account, contact.clone());
        }
        for stock in &seed.stock {
            add_stock(&mut account, stock);
        }
        add_orders(&mut account, &seed.orders)?;
        for payment in &seed.payments {
            add_payment(&mut account, payment.clone())?;
        }
        account.events.clear();
        // Locked last, because the seed's orders and payments were posted before.
        account.locked_until = seed.locked_until;
        Ok(account)
    }
}

/// Builds the account without contacts, stock, orders and payments.
fn empty(seed: &Arc<Seed>) -> Result<Account, SeedError> {
    let zone = seed.configuration.get("timeZone").map_or("UTC", String::as_str);
    let time_zone = TimeZone::get(zone)
        .map_err(|_| SeedError(format!("`configuration.timeZone`: unknown IANA time zone {zone}")))?;
    let secret = seed.client_secret.clone();
    let oauth = OAuth::new(&seed.account, &seed.app_ref, secret, seed.instance_id.get());
    let made = OffsetDateTime::in_zone(MADE, &time_zone);
    let mut account = Account {
        code: seed.account.clone(),
        credentials: Credentials {
            app_ref: seed.app_ref.clone(),
            token: seed.token.clone(),
            dev_ref: seed.dev_ref.clone(),
            signed_token: seed.signed_token.clone(),
            oauth,
        },
        instance: seed.instance_id,
        time_zone,
        configuration: seed.configuration.clone(),
        switches: Switches::default(),
        order_statuses: (1..).zip(seed.order_statuses.clone()).map(status).collect(),
        channels: seed.channels.iter().cloned().map(channel).collect(),
        nominal_codes: seed.nominal_codes.iter().cloned().map(nominal_code).collect(),
        payment_methods: seed.payment_methods.iter().cloned().map(payment_method).collect(),
        tax_codes: seed.tax_codes.iter().cloned().map(tax_code).collect(),
        exchange_rates: seed.currencies.iter().filter(|seed| !seed.is_default).map(initial_rate).collect(),
        currencies: seed.currencies.iter().cloned().map(currency).collect(),
        accounting_periods: seed.accounting_periods.iter().cloned().map(accounting_period).collect(),
        locked_until: None,
        warehouses: seed.warehouses.iter().cloned().map(warehouse).collect(),
        order_custom_fields: custom_fields(&seed.custom_fields),
        contact_custom_fields: custom_fields(&seed.contact_custom_fields),
        product_custom_fields: custom_fields(&seed.product_custom_fields),
        products: hidden_products()
            .into_iter()
            .chain(seed.products.iter().cloned())
            .map(|seed| (seed.id, product(seed, made)))
            .collect(),
        seed: Arc::clone(seed),
        contacts: BTreeMap::new(),
        postal_addresses: BTreeMap::new(),
        orders: BTreeMap::new(),
        order_notes: BTreeMap::new(),
        payments: BTreeMap::new(),
        journals: BTreeMap::new(),
        goods_in_notes: BTreeMap::new(),
        goods_in_journals: BTreeMap::new(),
        stock_corrections: BTreeMap::new(),
        movements: Vec::new(),
        webhooks: BTreeMap::new(),
        index: Index::default(),
        stock: Stock::default(),
        pending_closes: BTreeMap::new(),
        former_invoices: BTreeMap::new(),
        pending_cancellations: BTreeMap::new(),
        events: Vec::new(),
        test_deliveries: Vec::new(),
        parts: Vec::new(),
        next_ids: NextIds::default(),
    };
    let statuses = account.order_statuses.iter().map(|status| status.status_id.get());
    account.next_ids.order_status.reserve(statuses.max().unwrap_or_default());
    let methods = account.payment_methods.iter().filter_map(|method| method.id).map(|id| id.get());
    account.next_ids.payment_method.reserve(methods.max().unwrap_or_default());
    Ok(account)
}

/// Adds opening stock with a stock correction.
fn add_stock(account: &mut Account, seed: &SeedStock) {
    let cost = account.products.get(&seed.product_id).map(|product| product.cost).unwrap_or_default();
    let location = seed.location_id.or_else(|| Some(account.warehouse(seed.warehouse_id)?.default_location));
    if let (Some(location), true) = (location, seed.quantity > 0) {
        stock_correction::add(
            account,
            seed.product_id,
            seed.warehouse_id,
            location,
            seed.quantity.into(),
            cost,
        );
    }
}

/// Adds the orders. Rows without an id get ids after all given ones; the component rows of a bundle follow it.
fn add_orders(account: &mut Account, orders: &[SeedOrder]) -> Result<(), SeedError> {
    let given = || orders.iter().flat_map(|order| &order.rows).map(|row| row.id);
    if given().any(|id| id.is_none()) {
        let highest = given().flatten().max().map_or(0, |id| id.get());
        account.next_ids.row.reserve(highest);
    }
    let mut rows = BTreeSet::new();
    for seed in orders {
        add_order(account, seed.clone())?;
        let made = account.orders.get(&seed.id).into_iter().flat_map(|order| order.order_rows.keys());
        for row in made {
            if !rows.insert(*row) {
                return Err(SeedError(format!("order row {row} of order {} exists twice", seed.id)));
            }
        }
    }
    Ok(())
}

fn add_order(account: &mut Account, seed: SeedOrder) -> Result<(), SeedError> {
    let id = seed.id;
    let key = seed.external_ref.as_deref().zip(seed.installed_integration_instance_id);
    if let Some((external_ref, instance)) = key
        && let Some(other) = account.order_with_key(&seed.order_type_code, external_ref, instance)
    {
        let message =
            format!("order {id} has the same key ({external_ref}, instance {instance}) as order {other}");
        return Err(SeedError(message));
    }
    let (placed_on, invoice_reference, shipped) =
        (seed.placed_on, seed.invoice_reference.clone(), seed.shipped);
    let kind = seed.order_type_code.clone();
    order::create(account, kind, new_order(seed), placed_on.timestamp())
        .map_err(|problem| SeedError(format!("order {id}: {}", problem.message())))?;
    let placed_on = account.local(placed_on.timestamp());
    if let Some(order) = account.orders.get_mut(&id) {
        if shipped {
            order.shipping_status_code = Some(ShippingStatusCode::AllShipped);
            order.allocation_status_code = Some(AllocationStatusCode::All);
        }
        if let Some(reference) = invoice_reference {
            order.invoices.iter_mut().for_each(|invoice| invoice.invoice_reference.clone_from(&reference));
            order.closed_on = Some(placed_on);
            order.original_invoice_date = Some(placed_on);
            order.state = Some(OrderState { tax: TaxState::Invoiced });
        }
    }
    if account.order(id).is_ok_and(Order::is_closed) {
        journal::post_invoice(account, id, placed_on.timestamp(), placed_on.timestamp());
    }
    order::compute(account, id);
    Ok(())
}

fn new_order(seed: SeedOrder) -> NewOrder {
    let rows = seed.rows.into_iter().map(|row| NewRow {
        id: row.id,
        product_id: row.product_id,
        name: row.name,
        quantity: Some(row.quantity),
        tax_code: Some(row.tax_code),
        net: Some(row.net),
        tax: Some(row.tax),
        nominal_code: row.nominal_code,
        external_ref: row.external_ref,
    });
    NewOrder {
        id: Some(seed.id),
        customer: NewParty { id: Some(seed.contact_id), address: None },
        reference: Some(seed.reference),
        placed_on: Some(seed.placed_on),
        tax_date: Some(seed.placed_on),
        parent_id: seed.parent_order_id,
        status_id: seed.order_status_id,
        warehouse_id: seed.warehouse_id,
        channel_id: seed.channel_id,
        external_ref: seed.external_ref,
        installed_integration_instance_id: seed.installed_integration_instance_id,
        price_list_id: seed.price_list_id,
        price_mode_code: seed.price_mode_code,
        currency: NewCurrency {
            code: seed.currency_code,
            fixed_exchange_rate: seed.exchange_rate.is_some(),
            exchange_rate: seed.exchange_rate,
        },
        rows: rows.collect(),
        ..NewOrder::default()
    }
}

fn add_payment(account: &mut Account, seed: SeedPayment) -> Result<(), SeedError> {
    let SeedPayment {
        order_id,
        payment_type,
        payment_method_code,
        amount_paid,
        payment_date,
        transaction_ref,
    } = seed;
    let currency = account.orders.get(&order_id).map(|order| order.currency.order_currency_code.clone());
    let new = NewPayment {
        order_id: Some(order_id),
        payment_type: Some(payment_type),
        payment_method_code: Some(payment_method_code),
        amount_paid: Some(amount_paid),
        payment_date: Some(payment_date),
        transaction_ref,
        currency_iso_code: currency.or_else(|| Some(account.base_currency())),
        ..NewPayment::default()
    };
    let named = |problem: Problem| SeedError(format!("payment on order {order_id}: {}", problem.message()));
    customer_payment::record(account, new, OffsetDateTime::timestamp(payment_date)).map_err(named)?;
    Ok(())
}

fn status((place, seed): (i64, SeedOrderStatus)) -> OrderStatus {
    OrderStatus {
        status_id: seed.id,
        name: seed.name,
        order_type_code: seed.order_type_code,
        sort_order: Some(place * 10),
        disabled: seed.disabled,
        visible: false,
        color: Some("#3B82F6".to_owned()),
        remind_after_days: Some(0),
        alert_emails: Vec::new(),
        email_content: Some(String::new()),
        batch_process: false,
        state: None,
    }
}

fn channel(seed: SeedChannel) -> Channel {
    Channel {
        id: seed.id,
        name: seed.name,
        channel_type_id: Some(1),
        channel_brand_id: Some(ChannelBrandId::new(1)),
        default_warehouse_id: None,
        contact_group_id: None,
        default_price_list_id: None,
        warehouse_ids: None,
        show_in_channel_menu: Some(true),
        integration_detail: None,
    }
}

fn nominal_code(seed: SeedNominalCode) -> NominalAccount {
    NominalAccount {
        id: seed.id,
        code: seed.code,
        name: seed.name,
        kind: Some(NominalCodeType { id: if seed.bank { 7 } else { 1 } }),
        bank: seed.bank,
        expense: false,
        discount: seed.discount,
        editable: true,
        active: seed.active,
        tax_code: Decimal::ZERO,
        chart_map_code: String::new(),
        reconcile: seed.bank,
        currency_id: seed.currency_id,
    }
}

fn payment_method(seed: SeedPaymentMethod) -> PaymentMethod {
    let bank_account = |account: super::SeedBankAccount| BankAccountLink {
        payment_method_id: Some(seed.id),
        currency_iso_code: account.currency_iso_code,
        bank_account_nominal_code: account.bank_account_nominal_code,
    };
    PaymentMethod {
        id: Some(seed.id),
        name: seed.name,
        code: brightpearl::PaymentMethodCode::new(seed.code.as_str().to_uppercase()),
        is_active: seed.is_active,
        bank_accounts: seed.bank_accounts.into_iter().map(bank_account).collect(),
        installed_integration_id: Some(method::owner(seed.installed_integration_id)),
    }
}

fn tax_code(seed: SeedTaxCode) -> TaxRate {
    let rate = seed.rate.filter(|rate| !rate.is_zero());
    TaxRate { id: seed.id, code: seed.code, description: seed.description, rate }
}

fn currency(seed: SeedCurrency) -> Currency {
    let mut rate = seed.exchange_rate;
    rate.rescale(6);
    Currency {
        id: seed.id,
        title: Some(seed.title),
        code: seed.code,
        symbol: Some(seed.symbol),
        exchange_rate: Some(rate),
        is_default: Some(seed.is_default),
        exchange_rate_variance_nominal_code: None,
    }
}

fn initial_rate(seed: &SeedCurrency) -> StoredRate {
    StoredRate { currency: seed.id, active_from: Timestamp::UNIX_EPOCH, rate: seed.exchange_rate }
}

fn accounting_period(seed: SeedAccountingPeriod) -> StoredPeriod {
    let SeedAccountingPeriod { id, start_date, end_date, closed } = seed;
    let end = end_date.timestamp();
    StoredPeriod { id, start: start_date.timestamp(), end, closed_on: closed.then_some(end) }
}

fn warehouse(seed: SeedWarehouse) -> StoredWarehouse {
    StoredWarehouse {
        warehouse: Warehouse {
            id: seed.id,
            name: seed.name,
            type_code: Some("warehouse".to_owned()),
            type_description: Some("Warehouse".to_owned()),
            address: None,
            click_and_collect_enabled: Some(false),
            weekly_operating_periods: None,
            collection_sla: None,
            external_transfer_slas: None,
        },
        default_location: seed.default_location_id,
        quarantine_location: seed.quarantine_location_id,
        other_locations: seed.other_location_ids,
    }
}

fn custom_fields<I>(seeds: &[SeedCustomField]) -> CustomFields<I> {
    let field = |SeedCustomField { id, code, name, custom_field_type: kind, required, options }| {
        CustomField { id, code, name, kind, required, options }
    };
    CustomFields { definitions: seeds.iter().cloned().map(field).collect(), values: BTreeMap::new() }
}

/// The two hidden products of every account (docs/evidence/brightpearl-orders.md#products). Free-text rows read back as
/// the first; what the second is for is not known. The names are invented. A product of the seed replaces them.
fn hidden_products() -> [SeedProduct; 2] {
    [1000, 1001].map(|id| SeedProduct { sku: None, ..SeedProduct::untracked(id, "", "(hidden product)") })
}

fn product(seed: SeedProduct, created_on: OffsetDateTime) -> StoredProduct {
    let component = |component: super::SeedComponent| Component {
        product_id: component.product_id,
        product_quantity: component.product_quantity,
    };
    StoredProduct {
        id: seed.id,
        name: seed.name,
        sku: seed.sku,
        stock_tracked: seed.stock_tracked,
        cost: seed.cost,
        components: seed.components.into_iter().map(component).collect(),
        nominal_code_sales: seed.nominal_code_sales,
        default_locations: seed.default_location_ids,
        created_on,
    }
}

/// The id of a contact's address is the contact's id plus this.
const ADDRESS_OFFSET: u64 = 2_000;

/// When products and contacts were created: 6 January 2025, 9:00 UTC.
const MADE: Timestamp = Timestamp::constant(1_736_154_000, 0);

fn add_contact(account: &mut Account, seed: SeedContact) {
    let id = seed.id;
    let address_id = id.get() + ADDRESS_OFFSET;
    let contact = Contact {
        id,
        salutation: String::new(),
        first_name: seed.first_name,
        last_name: seed.last_name,
        emails: BTreeMap::from([("PRI".to_owned(), seed.email)]),
        telephones: BTreeMap::new(),
        is_supplier: seed.is_supplier,
        is_staff: false,
        company: None,
        newsletter: false,
        // Price list 1 has costs, 3 is the usual retail list.
        price_list: PriceListId::new(if seed.is_supplier { 1 } else { 3 }),
        address_ids: ["DEF", "BIL", "DEL"].map(|slot| (slot.to_owned(), address_id)).into(),
        created_on: Some(account.local(MADE)),
        updated_on: None,
    };
    account.contacts.insert(id, contact);
    let address = StoredAddress { contact: Some(id), address: postal_address(seed.address) };
    account.postal_addresses.insert(address_id, address);
    account.next_ids.contact.reserve(id.get());
    account.next_ids.postal_address.reserve(address_id);
}

fn postal_address(seed: SeedAddress) -> Address {
    Address {
        address_line1: Some(seed.address_line1),
        address_line2: seed.address_line2,
        address_line3: seed.address_line3,
        address_line4: seed.address_line4,
        postal_code: Some(seed.postal_code),
        country_iso_code: Some(seed.country_iso_code),
        ..Address::default()
    }
}
