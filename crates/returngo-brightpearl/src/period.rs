//! The days that a command is about.

use clap::Args;
use jiff::civil::Date;
use returngo_brightpearl_mapping::reconcile::Days;

use crate::output::Usage;

#[derive(Debug, Args)]
pub(super) struct Period {
    /// The first day, in the account's time zone, such as 2026-05-18
    #[arg(long, value_name = "DAY")]
    from: Date,
    /// The last day; today when it is left out
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
}

impl Period {
    pub(super) fn days(&self) -> Result<Days, Usage> {
        Days::new(Some(self.from), self.to).map_err(|error| Usage(error.to_string()))
    }
}
