use std::{error::Error, fmt::Debug, iter::successors};

use super::CallReport;

/// What tells a failed call apart from others: its kind, the call, the status and what the API said. It leaves out what differs
/// between two attempts that fail for the same reason, such as the id of the request, the number of attempts and times.
pub fn signature<'a>(
    kind: impl Debug,
    report: Option<&CallReport>,
    status: Option<u16>,
    details: impl IntoIterator<Item = &'a str>,
) -> String {
    let call = report.map(|report| format!("{} {}", report.method(), report.path_template()));
    let status = status.map(|status| status.to_string());
    let details = details.into_iter().filter(|detail| !detail.is_empty()).map(str::to_owned);
    let parts = [format!("{kind:?}")].into_iter().chain(call).chain(status).chain(details);
    parts.collect::<Vec<_>>().join("; ")
}

/// The text of the first cause of an error, such as where a response cannot be decoded.
pub fn root_cause(error: &dyn Error) -> Option<String> {
    successors(error.source(), |&cause| cause.source()).last().map(ToString::to_string)
}
