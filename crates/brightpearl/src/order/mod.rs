//! `order-service`: sales credits, sales orders, orders of all types, rows, statuses, notes, custom fields.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

mod address;
#[cfg(feature = "client")]
mod changed_orders;
pub mod code_list;
mod codes;
pub mod custom_field;
pub mod new_order;
pub mod note;
pub mod order;
mod party;
pub mod row;
mod sale;
pub mod sales_credit;
pub mod sales_order;
pub mod status;

pub use address::Address;
#[cfg(feature = "client")]
pub use changed_orders::ChangedOrders;
pub use code_list::CodeEntry;
pub use codes::{
    AllocationStatusCode, OrderPaymentStatus, OrderStockStatusCode, OrderTypeCode, PriceModeCode,
    ShippingStatusCode, TaxCalculator, TaxState,
};
pub use custom_field::{
    CustomField, CustomFieldOption, CustomFieldType, CustomFields, CustomFieldsOf, NoSuchOption,
};
pub use new_order::{NewOrder, create};
pub use note::{NewOrderNote, OrderNote, OrderNoteColumn, OrderNoteRow, OrderNoteSearch};
pub use order::{
    Assignment, CurrentAssignment, Invoice, Order, OrderColumn, OrderCurrency, OrderDelivery, OrderSearch,
    OrderStatusLabel, OrderSummary, TotalValue, get, options, patch, search,
};
pub use party::{Parties, Party};
pub use row::{Composition, CurrencyValue, NewOrderRow, NewRowValue, OrderRow, Quantity, RowValue};
pub use sale::{RowCost, SaleBilling, SaleCurrency, SaleCustomer, SaleDelivery, SaleRow, SaleTotal};
pub use sales_credit::{NewCreditRow, NewSalesCredit, SalesCredit};
pub use sales_order::{SalesOrder, SalesOrderColumn, SalesOrderSearch, SalesOrderSummary};
pub use status::{NewOrderStatus, OrderStatus, StatusChange};
