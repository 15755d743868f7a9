//! `order-service`: sales credits, orders of all types, rows, statuses, notes.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

mod address;
mod codes;
pub mod note;
pub mod order;
pub mod row;
pub mod sales_credit;
pub mod status;

pub use address::Address;
pub use codes::{
    AllocationStatusCode, OrderPaymentStatus, OrderStockStatusCode, OrderTypeCode, PriceModeCode,
    ShippingStatusCode, TaxCalculator, TaxState,
};
pub use note::{NewOrderNote, OrderNote};
pub use order::{
    Assignment, CurrentAssignment, Invoice, Order, OrderCurrency, OrderDelivery, OrderSearch,
    OrderStatusLabel, OrderSummary, Parties, Party, TotalValue, get, search,
};
pub use row::{Composition, CurrencyValue, NewOrderRow, NewRowValue, OrderRow, Quantity, RowValue};
pub use sales_credit::{
    CreditAddress, CreditCurrency, CreditCustomer, CreditDelivery, CreditRow, CreditTotal, NewCreditRow,
    NewSalesCredit, SalesCredit,
};
pub use status::{OrderStatus, StatusChange};
