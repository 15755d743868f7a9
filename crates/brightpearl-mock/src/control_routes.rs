//! The mock's own control routes, below `/_mock/`.

use api_mock_core::{Context, Request, Response};
use brightpearl::{OrderId, PaymentId};
use jiff::civil::Date;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{Brightpearl, SaleReversal, Switches, duplicates};

impl Brightpearl {
    /// Answers a control route. None for an unknown route.
    pub(crate) fn answer_control(
        &mut self,
        route: &str,
        request: &Request,
        context: &mut Context,
    ) -> Option<Response> {
        let segments: Vec<&str> = route.split('/').collect();
        let outcome = match (request.method.as_str(), segments.as_slice()) {
            ("PUT", ["throttle"]) => read(request).map(|NewLimit { limit }| {
                self.set_throttle(limit);
                json!({})
            }),
            ("PUT", ["accounting-period-lock"]) => read(request).map(|NewLock { locked_until }| {
                self.lock_accounting(locked_until);
                json!({})
            }),
            ("PUT", ["accounting-period", id]) => self.set_period(id, request, context),
            ("PUT", ["switches"]) => read(request).map(|switches: Switches| {
                self.set_switches(switches);
                json!({})
            }),
            ("GET", ["duplicates"]) => {
                serde_json::to_value(duplicates::find(self.account())).map_err(|error| error.to_string())
            }
            ("POST", ["order", id, "reverse"]) => {
                order_id(id).and_then(|id| self.reverse(id, request, context))
            }
            ("POST", ["order", id, "uninvoice"]) => {
                order_id(id).and_then(|id| self.uninvoice(id, context)).map(|()| json!({}))
            }
            _ => return None,
        };
        Some(match outcome {
            Ok(answer) => Response::json(200, &answer),
            Err(error) => Response::json(400, &json!({ "error": error })),
        })
    }

    fn set_period(&mut self, id: &str, request: &Request, context: &mut Context) -> Result<Value, String> {
        let id = id.parse().map_err(|_| format!("invalid accounting period id {id}"))?;
        let NewPeriodState { closed } = read(request)?;
        self.set_accounting_period_closed(id, closed, context)?;
        Ok(json!({}))
    }

    fn reverse(&mut self, id: OrderId, request: &Request, context: &mut Context) -> Result<Value, String> {
        let reversal: SaleReversal =
            if request.body.is_empty() { SaleReversal::default() } else { read(request)? };
        let payments: Vec<PaymentId> = self.reverse_sale(id, &reversal, context)?;
        Ok(json!({ "paymentIds": payments }))
    }
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    request.json().map_err(|error| error.to_string())
}

fn order_id(segment: &str) -> Result<OrderId, String> {
    segment.parse().map_err(|_| format!("invalid order id {segment}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLimit {
    /// Required, so that an accidental `{}` is rejected. Null disables the throttle.
    #[serde(deserialize_with = "Option::deserialize")]
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewLock {
    /// Required, so that an accidental `{}` is rejected. Null unlocks accounting.
    #[serde(deserialize_with = "Option::deserialize")]
    locked_until: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPeriodState {
    closed: bool,
}
