use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use api_client_core::{
    HttpRequest, HttpResponse,
    client::{ApiPolicy, Disposition, Permit, Pipeline, PrepareError, Waits},
};
use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    auth::Authenticator,
    budget::{Budget, CallsLeft, Priority, RequestBudget, wait_after_refusal},
};
use crate::{ApiError, error_body::ErrorBody, ids::InstanceId};

/// Brightpearl's part of the pipeline: the request budget, the credentials and the instance id.
#[derive(Debug)]
pub(super) struct AccountPolicy {
    pub(super) authenticator: Authenticator,
    budget: Arc<Budget>,
    /// From the response header; 0 until one came.
    instance_id: AtomicU64,
}

impl AccountPolicy {
    pub(super) fn new(authenticator: Authenticator, budget: RequestBudget) -> Self {
        Self { authenticator, budget: budget.0, instance_id: AtomicU64::new(0) }
    }

    pub(super) fn calls_left(&self, now: Timestamp) -> CallsLeft {
        self.budget.calls_left(now)
    }

    pub(super) fn instance_id(&self) -> Option<InstanceId> {
        match self.instance_id.load(Ordering::Relaxed) {
            0 => self.authenticator.instance_id(),
            id => Some(InstanceId::new(id)),
        }
    }
}

/// The policy for one call.
pub(super) struct CallPolicy<'c> {
    account: &'c AccountPolicy,
    /// Sends the requests for access tokens.
    pipeline: &'c Pipeline,
    priority: Priority,
    /// The generation of the access token that the last attempt carried.
    token: AtomicU64,
}

impl<'c> CallPolicy<'c> {
    pub(super) const fn new(account: &'c AccountPolicy, pipeline: &'c Pipeline, priority: Priority) -> Self {
        Self { account, pipeline, priority, token: AtomicU64::new(0) }
    }
}

#[async_trait]
impl ApiPolicy for CallPolicy<'_> {
    async fn prepare<'a>(
        &'a self,
        request: &mut HttpRequest,
        waits: &mut Waits<'_>,
    ) -> Result<Permit<'a>, PrepareError> {
        let token = self.account.authenticator.add_to(request, self.pipeline).await?;
        self.token.store(token, Ordering::Relaxed);
        Ok(Box::new(self.account.budget.take(self.priority, waits).await?))
    }

    fn classify(&self, response: &HttpResponse, now: Timestamp) -> Disposition {
        self.account.budget.learn(&response.headers, now);
        let instance = response.headers.get("brightpearl-installed-integration-instance-id");
        if let Some(id) = instance.and_then(|id| id.trim().parse().ok()) {
            self.account.instance_id.store(id, Ordering::Relaxed);
        }
        match disposition(response, now) {
            Disposition::Refused if self.may_renew(response) => Disposition::CredentialsExpired,
            disposition @ Disposition::Throttled { .. } => {
                self.account.budget.refused(now);
                disposition
            }
            disposition => disposition,
        }
    }

    fn request_id<'a>(&self, response: &'a HttpResponse) -> Option<&'a str> {
        response.headers.get("ruid")
    }

    fn budget_left(&self) -> Option<u32> {
        Some(self.account.budget.left())
    }
}

impl CallPolicy<'_> {
    /// A 401 is a rejection before anything was applied, so every request may be retried with another token.
    fn may_renew(&self, response: &HttpResponse) -> bool {
        response.status == 401
            && ErrorBody::read(&response.body).says_expired()
            && self.account.authenticator.expire(self.token.load(Ordering::Relaxed))
    }
}

/// Classifies a response. The error code decides whether a retry may help, not the status: several errors of
/// the caller have status 500 (docs/evidence/brightpearl-platform.md#status-codes). `CMNU-003` is an internal error
/// or a body with a wrong JSON type.
fn disposition(response: &HttpResponse, now: Timestamp) -> Disposition {
    if response.is_success() {
        return Disposition::Accepted;
    }
    let throttled = || Disposition::Throttled { wait: Some(wait_after_refusal(&response.headers, now)) };
    match (response.status, ErrorBody::read(&response.body)) {
        (429, _) => throttled(),
        (503, ErrorBody::Gateway(text)) if text.contains("too many requests") => throttled(),
        (500.., ErrorBody::Errors(errors)) if errors.iter().any(ApiError::is_callers) => Disposition::Refused,
        (500.., ErrorBody::Errors(errors)) if errors.iter().any(|error| error.code == "CMNU-003") => {
            Disposition::ServerFailedPermanently
        }
        (500.., _) => Disposition::ServerFailed,
        _ => Disposition::Refused,
    }
}

impl ApiError {
    /// Whether the error is the caller's: codes consist of an area of three letters, a class and a number;
    /// class C is an error of the caller, B a business rule
    /// (docs/evidence/brightpearl-platform.md#error-codes).
    fn is_callers(&self) -> bool {
        matches!(self.code.as_bytes(), [_, _, _, b'C' | b'B', b'-', ..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(status: u16, body: &str) -> Disposition {
        let response = HttpResponse { status, headers: Default::default(), body: body.as_bytes().to_vec() };
        disposition(&response, "2026-05-04T10:15:20Z".parse().unwrap())
    }

    #[test]
    fn the_code_decides_not_the_status() {
        for code in ["CMNC-018", "CMNC-044", "WHSB-023"] {
            assert_eq!(
                classified(500, &format!(r#"{{"errors":[{{"code":"{code}","message":"x"}}]}}"#)),
                Disposition::Refused
            );
        }
        assert_eq!(
            classified(500, r#"{"errors":{"code":"CMNU-003","message":"x"}}"#),
            Disposition::ServerFailedPermanently
        );
        assert_eq!(
            classified(500, r#"{"errors":[{"code":"ORDU-001","message":"x"}]}"#),
            Disposition::ServerFailed
        );
        assert_eq!(classified(502, "<html>bad gateway</html>"), Disposition::ServerFailed);
        assert_eq!(classified(500, ""), Disposition::ServerFailed);
        assert_eq!(
            classified(404, r#"{"errors":[{"code":"CMNC-404","message":"x"}]}"#),
            Disposition::Refused
        );
        assert_eq!(classified(207, "{}"), Disposition::Accepted);
    }

    #[test]
    fn a_throttle_refusal_differs_from_a_failing_gateway_by_its_text() {
        let throttle =
            r#"{"response":"You have sent too many requests. Please wait before sending another request"}"#;
        assert!(matches!(classified(503, throttle), Disposition::Throttled { wait: Some(_) }));
        assert_eq!(classified(503, r#"{"response":"Down for maintenance"}"#), Disposition::ServerFailed);
    }
}
