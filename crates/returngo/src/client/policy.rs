use std::time::Duration;

use api_client_core::{
    HttpRequest, HttpResponse,
    client::{ApiPolicy, Disposition, Permit, PrepareError, Waits},
};
use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::quota::Budget;

/// ReturnGO's part of the pipeline: its quota, the key and shop, and the classification of its responses.
#[derive(Debug)]
pub(super) struct ReturngoPolicy {
    pub(super) api_key: SecretString,
    pub(super) shop: String,
    pub(super) budget: Budget,
}

impl ReturngoPolicy {
    /// Removes the key from a text, in case a response repeats it.
    pub(super) fn hide_in(&self, text: &str) -> String {
        text.replace(self.api_key.expose_secret(), "[secret]")
    }
}

#[async_trait]
impl ApiPolicy for ReturngoPolicy {
    async fn prepare<'a>(
        &'a self,
        request: &mut HttpRequest,
        waits: &mut Waits<'_>,
    ) -> Result<Permit<'a>, PrepareError> {
        self.budget.take(request.method, waits).await?;
        request.headers.insert_secret("x-api-key", self.api_key.expose_secret());
        request.headers.insert("x-shop-name", &self.shop);
        Ok(Box::new(()))
    }

    fn classify(&self, response: &HttpResponse, now: Timestamp) -> Disposition {
        match response.status {
            200..300 => Disposition::Accepted,
            // The wait until the day ends is longer than any that is waited for: the request fails.
            429 if says_quota_spent(response) => {
                Disposition::Throttled { wait: Some(until(self.budget.mark_quota_spent(now), now)) }
            }
            429 => Disposition::Throttled { wait: retry_after(response) },
            500.. => Disposition::ServerFailed,
            _ => Disposition::Refused,
        }
    }

    fn request_id<'a>(&self, response: &'a HttpResponse) -> Option<&'a str> {
        response.headers.get("x-amzn-requestid")
    }
}

/// The gateway's two texts for 429 are `Too Many Requests` and, for a quota, `Limit Exceeded`
/// (docs/evidence/returngo.md#errors, unconfirmed).
pub(crate) fn says_quota_spent(response: &HttpResponse) -> bool {
    let said = message(&response.body).unwrap_or_default();
    response.status == 429 && said.to_ascii_lowercase().contains("limit exceeded")
}

/// The header was never observed; it is honoured if it comes.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    response.headers.get("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

fn until(end: Timestamp, now: Timestamp) -> Duration {
    end.duration_since(now).unsigned_abs()
}

/// The length that is kept of a response's text.
const KEPT_CHARS: usize = 200;

/// Returns the message of an error response. Its form is not documented: `message`, else `error`.
pub(crate) fn message(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let text = json.get("message").or_else(|| json.get("error"))?.as_str()?;
    Some(text.chars().take(KEPT_CHARS).collect())
}

/// Returns the beginning of a response of an unknown form, such as an HTML page.
pub(crate) fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let strange = message(body).is_none() && !text.trim().is_empty();
    strange.then(|| text.trim().chars().take(KEPT_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Quota;

    fn classified(status: u16, body: &str) -> Disposition {
        let policy = ReturngoPolicy {
            api_key: "key".into(),
            shop: "acmeoutdoors.example.test".to_owned(),
            budget: Budget::new(Quota::default(), None, None),
        };
        let response = HttpResponse { status, headers: Default::default(), body: body.as_bytes().to_vec() };
        policy.classify(&response, "2026-05-04T23:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_spent_second_and_a_spent_day_differ_by_their_text() {
        assert_eq!(
            classified(429, r#"{"message":"Too Many Requests"}"#),
            Disposition::Throttled { wait: None }
        );
        let hour = Some(Duration::from_secs(3600));
        assert_eq!(classified(429, r#"{"message":"Limit Exceeded"}"#), Disposition::Throttled { wait: hour });
        assert_eq!(classified(429, ""), Disposition::Throttled { wait: None });
    }

    #[test]
    fn other_answers_go_by_their_status() {
        assert_eq!(classified(201, ""), Disposition::Accepted);
        assert_eq!(classified(502, "<html>"), Disposition::ServerFailed);
        for status in [301, 400, 401, 403, 404] {
            assert_eq!(classified(status, "{}"), Disposition::Refused);
        }
    }

    #[test]
    fn what_went_wrong_is_found_in_every_form() {
        for (body, said) in [
            (r#"{"message":"Forbidden"}"#, Some("Forbidden")),
            (r#"{"statusCode":500,"message":"x"}"#, Some("x")),
            (r#"{"error":"invalid rmaId"}"#, Some("invalid rmaId")),
            (r#"{"reason":1}"#, None),
            ("<html>odd</html>", None),
        ] {
            assert_eq!(message(body.as_bytes()).as_deref(), said);
            assert_eq!(excerpt(body.as_bytes()).is_some(), said.is_none());
        }
        assert_eq!((message(b""), excerpt(b" ")), (None, None));
    }
}
