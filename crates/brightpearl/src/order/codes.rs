//! The codes that orders carry (docs/evidence/brightpearl-orders.md#order-codes).

use api_client_core::open_enum;

open_enum! {
    /// What kind of order it is.
    pub enum OrderTypeCode {
        /// A sales order.
        SalesOrder = "SO",
        /// A purchase order.
        PurchaseOrder = "PO",
        /// A sales credit.
        SalesCredit = "SC",
        /// A purchase credit.
        PurchaseCredit = "PC",
    }
}

impl OrderTypeCode {
    /// Returns the number that `order-search` uses for it; none for a code this crate does not know.
    pub fn search_id(&self) -> Option<u64> {
        match self {
            Self::SalesOrder => Some(1),
            Self::PurchaseOrder => Some(2),
            Self::SalesCredit => Some(3),
            Self::PurchaseCredit => Some(4),
            Self::Other(_) => None,
        }
    }
}

open_enum! {
    /// How much of an order's stock has moved. Computed by Brightpearl. In the order of the numbers that
    /// searches use, from 1.
    pub enum OrderStockStatusCode {
        /// Sales order: nothing fulfilled.
        SaleNone = "SON",
        /// Sales order: part fulfilled.
        SalePart = "SOP",
        /// Sales order: all fulfilled.
        SaleAll = "SOA",
        /// Purchase order: nothing received.
        PurchaseNone = "PON",
        /// Purchase order: part received.
        PurchasePart = "POP",
        /// Purchase order: all received.
        PurchaseAll = "POA",
        /// Sales credit: nothing received.
        CreditNone = "SCN",
        /// Sales credit: part received.
        CreditPart = "SCP",
        /// Sales credit: all received.
        CreditAll = "SCA",
        /// Purchase credit: nothing returned.
        PurchaseCreditNone = "PCN",
        /// Purchase credit: part returned.
        PurchaseCreditPart = "PCP",
        /// Purchase credit: all returned.
        PurchaseCreditAll = "PCA",
        /// No stock-tracked rows.
        NotApplicable = "NON",
    }
}

impl OrderStockStatusCode {
    /// Returns the number that `order-search` uses for it; none for a code this crate does not know.
    pub fn search_id(&self) -> Option<u64> {
        let index = Self::KNOWN.iter().position(|code| code == self)?;
        u64::try_from(index + 1).ok()
    }
}

open_enum! {
    /// How much stock is allocated to an order.
    pub enum AllocationStatusCode {
        /// Not required.
        NotRequired = "ANR",
        /// None.
        None = "ANA",
        /// Part.
        Part = "APA",
        /// All.
        All = "AAA",
    }
}

open_enum! {
    /// How much of an order is shipped.
    pub enum ShippingStatusCode {
        /// No stock-tracked products.
        NoStock = "NST",
        /// Not shipped.
        NotShipped = "SNS",
        /// Part shipped.
        PartShipped = "SPS",
        /// All shipped.
        AllShipped = "ASS",
    }
}

open_enum! {
    /// How much of an order is paid. Computed by Brightpearl from the payments.
    pub enum OrderPaymentStatus {
        /// The total is zero.
        NotApplicable = "NOT_APPLICABLE",
        /// Nothing.
        Unpaid = "UNPAID",
        /// Part.
        PartiallyPaid = "PARTIALLY_PAID",
        /// All.
        Paid = "PAID",
    }
}

open_enum! {
    /// Whether prices include tax.
    pub enum PriceModeCode {
        /// They do.
        IncludingTax = "INC",
        /// They do not.
        ExcludingTax = "EXC",
    }
}

open_enum! {
    /// Whether the order is invoiced.
    pub enum TaxState {
        /// Not yet.
        Ready = "READY",
        /// It is.
        Invoiced = "INVOICED",
    }
}

open_enum! {
    /// Who computes a row's tax.
    pub enum TaxCalculator {
        /// Brightpearl.
        Brightpearl = "brightpearl",
        /// The person or program that wrote the row.
        Manual = "manual",
        /// Avalara.
        Avalara = "avalara",
    }
}
