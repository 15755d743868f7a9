//! The payment method of a refund, and the bank account that Brightpearl posts it to.
//!
//! ReturnGO's form requests the four digits of a bank account. Brightpearl's payments need the code of a payment method and
//! accept codes that do not exist. The configured code is therefore resolved as both
//! (docs/evidence/brightpearl-accounting.md#refund-method-code-and-bank-account) before a refund is recorded.

use brightpearl::{
    CurrencyCode, NominalCode, PaymentMethodCode,
    accounting::{NominalAccount, PaymentMethod},
};
use returngo::Transaction;

use crate::{
    review::{Review, ReviewCode},
    settings::ConnectionSettings,
    world::{AccountFacts, AccountList, UnreadableEntry},
};

/// A payment method for refunds in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tender {
    /// The method's code, as Brightpearl writes it.
    pub method: PaymentMethodCode,
    /// The method's name.
    pub name: String,
    /// The kind of the configured code.
    pub code_kind: CodeKind,
    /// The bank account that Brightpearl posts to.
    pub posting_target: PostingTarget,
}

/// The kind of a configured code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// A payment method's code.
    MethodCode,
    /// The four digits of a bank account that one payment method posts to.
    BankAccount,
}

/// The bank account that Brightpearl posts a payment to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostingTarget {
    /// The method's bank account for the payment's currency.
    OwnAccount(NominalCode),
    /// The method's bank account for the base currency, because it has none for the payment's currency.
    BaseCurrencyAccount(NominalCode),
    /// None: vouchers and store credit have no bank account and no journal.
    Nowhere,
}

/// The reason why a configured code cannot be used for refunds in a currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TenderError {
    /// Neither a payment method nor an account has this code.
    #[error(
        "`{code}` is neither a payment method's code nor an account in the chart of accounts; find the bank account under \
         Accounting > List bank accounts, or the method under Settings > Company > Payment methods"
    )]
    Unknown {
        /// The configured code.
        code: String,
    },
    /// The payment method is inactive.
    #[error("payment method {method} (`{code}`) is inactive; activate it, or configure another method")]
    MethodInactive {
        /// The method's code.
        code: PaymentMethodCode,
        /// The method's name.
        method: String,
    },
    /// The account is not a bank account.
    #[error(
        "account {code} ({account}) is not a bank account; find the bank account under Accounting > List bank accounts"
    )]
    NotABankAccount {
        /// The account.
        code: NominalCode,
        /// Its name.
        account: String,
    },
    /// The bank account is inactive.
    #[error("bank account {code} ({account}) is inactive; configure an active bank account")]
    AccountInactive {
        /// The account.
        code: NominalCode,
        /// Its name.
        account: String,
    },
    /// The bank account is held in another currency.
    #[error(
        "bank account {code} ({account}) is not held in {currency}; configure the method for {currency} in `tenders`"
    )]
    AccountCurrency {
        /// The account.
        code: NominalCode,
        /// Its name.
        account: String,
        /// The currency of the refund.
        currency: CurrencyCode,
    },
    /// An entry of one of the account's lists cannot be decoded, and the code may refer to it.
    #[error(
        "`{code}` cannot be resolved, because part of the account's configuration is invalid ({entry}); correct the entry in \
         Brightpearl, or configure the code of another payment method"
    )]
    UnreadableEntry {
        /// The configured code.
        code: String,
        /// The entry.
        entry: UnreadableEntry,
    },
    /// No active payment method posts to the bank account.
    #[error(
        "no active payment method posts to bank account {code} ({account}); add the account to a method under Settings > \
         Company > Payment methods"
    )]
    NoMethod {
        /// The account.
        code: NominalCode,
        /// Its name.
        account: String,
    },
    /// Several active payment methods post to the bank account.
    #[error(
        "several payment methods post to bank account {code}: {}; configure the code of the method for refunds",
        list(.methods)
    )]
    SeveralMethods {
        /// The account.
        code: NominalCode,
        /// The methods, in order.
        methods: Vec<PaymentMethodCode>,
    },
    /// The method has bank accounts, but neither for the refund's currency nor for the base currency.
    #[error(
        "payment method {method} (`{code}`) has no bank account for {currency}{}; add one under Settings > Company > Payment \
         methods",
        nor_base(.currency, .base.as_ref())
    )]
    NoAccount {
        /// The method's code.
        code: PaymentMethodCode,
        /// The method's name.
        method: String,
        /// The currency of the refund.
        currency: CurrencyCode,
        /// The base currency of the account.
        base: Option<CurrencyCode>,
    },
}

fn list(methods: &[PaymentMethodCode]) -> String {
    methods.iter().map(PaymentMethodCode::as_str).collect::<Vec<_>>().join(", ")
}

fn nor_base(currency: &CurrencyCode, base: Option<&CurrencyCode>) -> String {
    base.filter(|base| *base != currency).map(|base| format!(" or {base}")).unwrap_or_default()
}

/// Returns the payment method of a configured code for refunds in a currency.
///
/// The code is first resolved as that of a payment method. Otherwise, it is that of a bank account, and the active method
/// that posts to the account is used. Methods that post to it in this currency take precedence.
///
/// # Errors
/// If there is no such method or more than one, or if Brightpearl would not post the refund.
pub fn resolve(code: &str, currency: &CurrencyCode, account: &AccountFacts) -> Result<Tender, TenderError> {
    let wanted = PaymentMethodCode::new(code);
    let (method, code_kind) = match account.payment_method(&wanted) {
        Some(method) => (method, CodeKind::MethodCode),
        None => (method_of_bank_account(code, currency, account)?, CodeKind::BankAccount),
    };
    if !method.is_active {
        return Err(TenderError::MethodInactive { code: method.code.clone(), method: method.name.clone() });
    }
    let posting_target = posting_target(method, currency, account)?;
    Ok(Tender { method: method.code.clone(), name: method.name.clone(), code_kind, posting_target })
}

/// Returns the payment method that is configured for a refund in the credit's currency.
///
/// # Errors
/// A review if none is configured, or the configured one cannot be used.
pub(crate) fn for_refund(
    refund: &Transaction,
    currency: &CurrencyCode,
    account: &AccountFacts,
    settings: &ConnectionSettings,
) -> Result<Tender, Box<Review>> {
    let code = settings.tender(&refund.kind, currency).ok_or_else(|| {
        let message = format!(
            "No payment method is configured for {} in {currency}. Add one to `tenders`: only RefundToPaymentMethod is paid \
             from the account of `refund_method_code`.",
            refund.kind
        );
        Review::about_transaction(ReviewCode::TenderMissing, message, refund)
    })?;
    resolve(code, currency, account).map_err(|error| {
        let message = format!("Invalid payment method for the refund: {error}.");
        Review::about_transaction(ReviewCode::TenderUnresolved, message, refund).into()
    })
}

fn method_of_bank_account<'a>(
    code: &str,
    currency: &CurrencyCode,
    account: &'a AccountFacts,
) -> Result<&'a PaymentMethod, TenderError> {
    all_read(code, &AccountList::PaymentMethods, account)?;
    let bank = bank_account(code, currency, account)?;
    let posting = |method: &&PaymentMethod| {
        method.is_active
            && method.bank_accounts.iter().any(|link| link.bank_account_nominal_code == bank.code)
    };
    let in_currency = |method: &&PaymentMethod| method.bank_account(currency) == Some(&bank.code);
    let all: Vec<&PaymentMethod> = account.payment_methods.iter().filter(posting).collect();
    let preferred: Vec<&PaymentMethod> = all.iter().copied().filter(in_currency).collect();
    let candidates = if preferred.is_empty() { all } else { preferred };
    match candidates.as_slice() {
        [method] => Ok(*method),
        [] => Err(TenderError::NoMethod { code: bank.code.clone(), account: bank.name.clone() }),
        several => {
            let mut methods: Vec<_> = several.iter().map(|method| method.code.clone()).collect();
            methods.sort();
            Err(TenderError::SeveralMethods { code: bank.code.clone(), methods })
        }
    }
}

/// Returns the bank account with this code, if refunds in this currency can be paid from it.
fn bank_account<'a>(
    code: &str,
    currency: &CurrencyCode,
    account: &'a AccountFacts,
) -> Result<&'a NominalAccount, TenderError> {
    let nominal = account.nominal_codes.iter().find(|nominal| nominal.code.as_str() == code);
    let Some(nominal) = nominal else {
        all_read(code, &AccountList::NominalCodes, account)?;
        return Err(TenderError::Unknown { code: code.to_owned() });
    };
    if nominal.currency_id.is_some_and(|id| !account.currencies.iter().any(|known| known.id == id)) {
        all_read(code, &AccountList::Currencies, account)?;
    }
    let (code, name) = (nominal.code.clone(), nominal.name.clone());
    if !nominal.bank {
        Err(TenderError::NotABankAccount { code, account: name })
    } else if !nominal.active {
        Err(TenderError::AccountInactive { code, account: name })
    } else if held_in_another(nominal, currency, account) {
        Err(TenderError::AccountCurrency { code, account: name, currency: currency.clone() })
    } else {
        Ok(nominal)
    }
}

/// Returns an error if an entry of the list could not be decoded.
fn all_read(code: &str, list: &AccountList, account: &AccountFacts) -> Result<(), TenderError> {
    match account.unreadable(list) {
        Some(entry) => Err(TenderError::UnreadableEntry { code: code.to_owned(), entry: entry.clone() }),
        None => Ok(()),
    }
}

fn held_in_another(nominal: &NominalAccount, currency: &CurrencyCode, account: &AccountFacts) -> bool {
    let held_in = nominal.currency_id.and_then(|id| account.currencies.iter().find(|known| known.id == id));
    held_in.is_some_and(|held_in| held_in.code != *currency)
}

/// Returns the bank account for the payment's currency, else that for the base currency. Vouchers and store credit have
/// none (docs/evidence/brightpearl-accounting.md#payment-rules).
fn posting_target(
    method: &PaymentMethod,
    currency: &CurrencyCode,
    account: &AccountFacts,
) -> Result<PostingTarget, TenderError> {
    let base = account.base_currency();
    if let Some(own) = method.bank_account(currency) {
        Ok(PostingTarget::OwnAccount(own.clone()))
    } else if let Some(of_base) = base.as_ref().and_then(|base| method.bank_account(base)) {
        Ok(PostingTarget::BaseCurrencyAccount(of_base.clone()))
    } else if method.bank_accounts.is_empty() {
        Ok(PostingTarget::Nowhere)
    } else {
        let (code, method) = (method.code.clone(), method.name.clone());
        Err(TenderError::NoAccount { code, method, currency: currency.clone(), base })
    }
}
