use serde_json::json;

use crate::{
    args,
    assembly::Assembly,
    options::{GlobalOptions, RmaArg},
    output::{print, print_json, print_table},
};

/// What happened about an RMA.
pub(super) async fn run(options: &GlobalOptions, RmaArg { connection, rma }: &RmaArg) -> anyhow::Result<()> {
    let assembly = Assembly::open(options).await?;
    let connection = args::connection(&assembly.store, connection.as_ref()).await?;
    let entries = assembly.store.audit(&connection, rma).await?;
    if options.json {
        let entries = entries.iter().map(|entry| {
            json!({"at": entry.at, "attempt": entry.attempt, "event": entry.event.as_str(), "detail": entry.detail})
        });
        return print_json(&entries.collect::<Vec<_>>());
    }
    if entries.is_empty() {
        return Ok(print(format_args!(
            "Nothing is known of RMA {rma} of {connection}: `sync {connection} {rma}` looks at it."
        ))?);
    }
    let rows = entries.iter().map(|entry| {
        let attempt = entry.attempt.map(|attempt| attempt.to_string()).unwrap_or_default();
        let at = entry.at.strftime("%F %TZ").to_string();
        [at, attempt, entry.event.as_str().to_owned(), entry.detail.clone()]
    });
    Ok(print_table(["at", "attempt", "event", "what"], rows)?)
}
