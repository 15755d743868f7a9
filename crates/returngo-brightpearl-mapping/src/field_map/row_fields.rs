//! The fields of a credit row that a field map sets.

use brightpearl::{NominalCode, TaxCode};

/// Values of the field map for one credit row. A field without a value keeps that of the original row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RowFields {
    pub(crate) name: Option<String>,
    pub(crate) nominal_code: Option<NominalCode>,
    pub(crate) tax_code: Option<TaxCode>,
}
