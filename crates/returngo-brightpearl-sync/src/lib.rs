//! Reads both systems for the mapping between them, and writes its effects once.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod account;
mod connection;
mod error;
mod error_text;
mod journal;
mod memory_journal;
mod reader_cache;
mod refunds;
mod synchronizer;
mod world;
mod write_log;
pub mod write_protocol;
mod writes;

pub use account::account_facts;
pub use connection::{Receivers, read_connection};
pub use error::ReadError;
pub use error_text::with_causes;
pub use journal::{
    Admission, EffectOutcome, EffectRecord, IntendedCredit, Intent, Journal, JournalError, Remembered,
    WriteKind,
};
pub use memory_journal::MemoryJournal;
pub use reader_cache::ReaderCache;
pub use refunds::Refunded;
pub use synchronizer::{Applied, ApplyError, SyncError, Synced, Synchronizer};
pub use world::Reader;
pub use write_protocol::{AdmittedWrite, IntentResult, PlannedWrite, Withheld};
pub use writes::{Write, WriteProgress, WriteResult, Writer, describe, is_for_returngo};
