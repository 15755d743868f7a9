//! Making writes again that were made once: a credit that somebody deleted, say.

use anyhow::{Context as _, ensure};
use returngo_brightpearl_mapping::{Effect, plan};

use super::outcome;
use crate::{assembly::Assembly, options::GlobalOptions, output::note, terminal};
use returngo_brightpearl_connector::{
    apply::describe,
    store::{Decision, EffectOutcome, EffectRecord},
};

/// Has the store forget writes, once it is clear what that leads to.
pub(super) async fn run(
    options: &GlobalOptions,
    assembly: &Assembly,
    decision: &Decision,
    keys: &[String],
    yes: bool,
) -> anyhow::Result<()> {
    let Decision { connection: id, rma, .. } = decision;
    let writes = assembly.store.effects(id, rma).await?;
    let connection = assembly.connection(id).await?;
    let world = connection.reader().await?.world(rma).await?;
    let effects = plan(&world, &connection.settings).effects;
    for key in keys {
        let write = written(&writes, key, decision)?;
        tell(write, asked_for(&effects, key, decision)?)?;
    }
    for effect in effects.iter().filter(|effect| !keys.iter().any(|key| key == effect.key())) {
        note(format_args!("To be done besides: {} ({}).", describe(effect), effect.key()))?;
    }
    let named = keys.join(", ");
    terminal::confirm(&format!("Write {named} again?"), yes)?;
    let forgotten = assembly.store.reset_effects(decision, keys, assembly.clock.now()).await?;
    ensure!(forgotten.is_some(), "{named} changed meanwhile, and nothing is forgotten: look at it again");
    let next =
        format!("is due, and {named} may be written again: `serve` does so, or `sync {id} {rma}` now.");
    outcome(options, assembly, decision, &next).await
}

/// The write under this key, which has to be one that was made.
fn written<'w>(
    writes: &'w [EffectRecord],
    key: &str,
    decision: &Decision,
) -> anyhow::Result<&'w EffectRecord> {
    let Decision { connection, rma, .. } = decision;
    let write = writes.iter().find(|write| write.key == key).with_context(|| {
        let keys: Vec<_> = writes.iter().map(|write| write.key.as_str()).collect();
        match keys.as_slice() {
            [] => format!("nothing was written for RMA {rma} of {connection}"),
            keys => format!(
                "nothing was written under {key} for RMA {rma} of {connection}; its keys are {}",
                keys.join(", ")
            ),
        }
    })?;
    ensure!(
        matches!(write.outcome, Some(EffectOutcome::Applied { .. })),
        "{key} is not known to have been written: `reviews retry {rma}` looks at it again, without --again"
    );
    Ok(write)
}

/// What the systems are missing under this key. What they are not missing stays remembered, as otherwise it would be
/// written unasked if somebody deleted it on purpose one day.
fn asked_for<'e>(effects: &'e [Effect], key: &str, decision: &Decision) -> anyhow::Result<&'e Effect> {
    effects.iter().find(|effect| effect.key() == key).with_context(|| {
        format!(
            "the systems do not ask for {key} now, so it stays remembered as written: either it is there, or something \
             else has to be written first; then say --again {key} once RMA {} asks for it",
            decision.rma
        )
    })
}

fn tell(write: &EffectRecord, effect: &Effect) -> anyhow::Result<()> {
    let EffectRecord { key, what, intended_at, .. } = write;
    note(format_args!("{key} was written at {}: {what}.", intended_at.strftime("%F %TZ")))?;
    let what = describe(effect);
    Ok(note(format_args!("  It is not to be seen any more, and will be written again: {what}."))?)
}
