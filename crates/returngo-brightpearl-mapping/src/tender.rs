//! Which payment method a refund is recorded under, and which bank account Brightpearl then posts to.
//!
//! ReturnGO's form asks for the four digits of a bank account, Brightpearl's payments want the code of a
//! payment method and accept one that does not exist. So what was configured is looked up as both
//! (docs/evidence/brightpearl-accounting.md#refund-method-code-and-bank-account) before any money is recorded under it.

use brightpearl::{
    CurrencyCode, NominalCode, PaymentMethodCode,
    accounting::{NominalAccount, PaymentMethod},
};

use crate::world::{AccountFacts, AccountList, UnreadableEntry};

/// A payment method that refunds in a currency can be recorded under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tender {
    /// The method's code, as Brightpearl writes it.
    pub method: PaymentMethodCode,
    /// The method's name.
    pub name: String,
    /// What the configured code turned out to be.
    pub code_kind: CodeKind,
    /// Where Brightpearl posts the money.
    pub posting_target: PostingTarget,
}

/// What a configured code turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// A payment method's code.
    MethodCode,
    /// The four digits of a bank account that one payment method posts to.
    BankAccount,
}

/// Where Brightpearl posts a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostingTarget {
    /// To the method's bank account for the payment's currency.
    OwnAccount(NominalCode),
    /// To the method's bank account for the base currency, having none for the payment's.
    BaseCurrencyAccount(NominalCode),
    /// Nowhere: vouchers and store credit have no bank account, and no journal is made.
    Nowhere,
}

/// Why a configured code cannot be used for refunds in a currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TenderError {
    /// Neither a payment method nor an account has this code.
    #[error(
        "`{code}` is neither a payment method's code nor an account in the chart of accounts; look the bank account \
         up under Accounting > List bank accounts, or the method under Settings > Company > Payment methods"
    )]
    Unknown {
        /// The configured code.
        code: String,
    },
    /// The payment method is inactive.
    #[error("payment method {method} (`{code}`) is inactive; activate it, or configure another one")]
    MethodInactive {
        /// The method's code.
        code: PaymentMethodCode,
        /// The method's name.
        method: String,
    },
    /// The account is not a bank account.
    #[error(
        "account {code} ({account}) is not a bank account; Accounting > List bank accounts shows those that are"
    )]
    NotABankAccount {
        /// The account.
        code: NominalCode,
        /// Its name.
        account: String,
    },
    /// The bank account is inactive.
    #[error("bank account {code} ({account}) is inactive; configure one that is in use")]
    AccountInactive {
        /// The account.
        code: NominalCode,
        /// Its name.
        account: String,
    },
    /// The bank account is held in another currency.
    #[error(
        "bank account {code} ({account}) is held in another currency than {currency}; name the method for {currency} \
         under `tenders`"
    )]
    AccountCurrency {
        /// The account.
        code: NominalCode,
        /// Its name.
        account: String,
        /// The currency of the refund.
        currency: CurrencyCode,
    },
    /// An entry of one of the account's lists cannot be read, and it may be the one that matters.
    #[error(
        "`{code}` cannot be resolved while part of the account's set-up is missing ({entry}); correct the entry in Brightpearl, or \
         configure the code of a payment method that can be read"
    )]
    UnreadableEntry {
        /// What is configured.
        code: String,
        /// The entry.
        entry: UnreadableEntry,
    },
    /// No active payment method posts to the bank account.
    #[error(
        "no active payment method posts to bank account {code} ({account}); add it to one under Settings > Company > \
         Payment methods"
    )]
    NoMethod {
        /// The account.
        code: NominalCode,
        /// Its name.
        account: String,
    },
    /// Several active payment methods post to the bank account.
    #[error(
        "several payment methods post to bank account {code}: {}; configure the code of the one that refunds go through",
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
        "payment method {method} (`{code}`) has no bank account for {currency}{}; add one under Settings > Company > \
         Payment methods",
        nor_base(.currency, .base.as_ref())
    )]
    NoAccount {
        /// The method's code.
        code: PaymentMethodCode,
        /// The method's name.
        method: String,
        /// The currency of the refund.
        currency: CurrencyCode,
        /// The currency of the books.
        base: Option<CurrencyCode>,
    },
}

fn list(methods: &[PaymentMethodCode]) -> String {
    methods.iter().map(PaymentMethodCode::as_str).collect::<Vec<_>>().join(", ")
}

fn nor_base(currency: &CurrencyCode, base: Option<&CurrencyCode>) -> String {
    base.filter(|base| *base != currency).map(|base| format!(" nor for {base}")).unwrap_or_default()
}

/// Finds the payment method that a configured code stands for, for refunds in a currency.
///
/// A payment method of that code comes first; else the code is that of a bank account, and the one active
/// method that posts to it is taken, those that do so in this very currency before the others.
///
/// # Errors
/// When there is no such method, or more than one, or Brightpearl would record the refund without accounting
/// for it.
pub fn resolve(code: &str, currency: &CurrencyCode, account: &AccountFacts) -> Result<Tender, TenderError> {
    let wanted = PaymentMethodCode::new(code);
    let (method, code_kind) = match account.payment_methods.iter().find(|method| method.code.is(&wanted)) {
        Some(method) => (method, CodeKind::MethodCode),
        None => (method_of_bank_account(code, currency, account)?, CodeKind::BankAccount),
    };
    if !method.is_active {
        return Err(TenderError::MethodInactive { code: method.code.clone(), method: method.name.clone() });
    }
    let posting_target = posting_target(method, currency, account)?;
    Ok(Tender { method: method.code.clone(), name: method.name.clone(), code_kind, posting_target })
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

/// The account with exactly this code, if money can be paid from it in this currency.
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

/// Refuses to go on where an entry of the list is missing because it could not be read.
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

/// The payment's own currency first, then the base currency
/// (docs/evidence/brightpearl-accounting.md#payment-rules). No account at all is how vouchers and store credit
/// are set up (docs/evidence/brightpearl-accounting.md#payment-rules).
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
