//! Answers a review offline: prints its choices, takes one, and prints what is written then:
//! `cargo run --example decide -- [WORLD.json SETTINGS.json [CHOICE]]`

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, bail};
use clap::Parser;
use returngo_brightpearl_mapping::{Choice, ConnectionSettings, Decision, Effect, Plan, Review, World, plan};
use support::output::{remark, run, say};

/// A return with a unit whose SKU is on no row of its order.
const WORLD: &str = include_str!("worlds/unmatched.json");
const SETTINGS: &str = include_str!("worlds/settings.json");

/// Prints the first review of a snapshot, decides it, and prints the plan afterwards.
#[derive(Parser)]
struct Arguments {
    /// A snapshot of both systems, in the format of their responses; without it, a return with an unknown SKU
    #[arg(requires = "settings")]
    world: Option<PathBuf>,
    /// The settings as JSON
    settings: Option<PathBuf>,
    /// The choice, by its id: `row:884002`, or `amount:12.00` if its value is typed in; without it, the first one
    choice: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(async { decide(&arguments) }).await
}

fn decide(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut world, settings) = read(arguments)?;
    let before = plan(&world, &settings);
    let Some(review) = before.reviews.first() else {
        return Ok(say("No review is open: there is nothing to decide.")?);
    };
    show_review(review)?;
    let choice = choice(review, arguments.choice.as_deref())?;
    say(format_args!("\nDecided: {choice}"))?;
    world.decisions.extend(Decision::answering(review, choice, "dana"));
    show_plan(&plan(&world, &settings))
}

fn read(arguments: &Arguments) -> anyhow::Result<(World, ConnectionSettings)> {
    let (Some(world), Some(settings)) = (&arguments.world, &arguments.settings) else {
        remark("no snapshot: a return with an unknown SKU is used")?;
        return Ok((World::from_json(WORLD)?, ConnectionSettings::from_json(SETTINGS)?));
    };
    let text =
        |path: &PathBuf| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let read_world =
        World::from_json(&text(world)?).with_context(|| format!("{} is not a snapshot", world.display()))?;
    let read_settings = ConnectionSettings::from_json(&text(settings)?)
        .with_context(|| format!("{} does not contain valid settings", settings.display()))?;
    Ok((read_world, read_settings))
}

/// Returns the choice with this id, or the first one.
fn choice(review: &Review, id: Option<&str>) -> anyhow::Result<String> {
    let Some(id) = id else {
        let first = review.choices.iter().find(|choice| !choice.is_typed_in());
        return Ok(first.map_or(Choice::SETTLED, |choice| choice.id.as_str()).to_owned());
    };
    if !review.choices.iter().any(|choice| choice.is_taken_by(id)) {
        bail!("{} does not offer the choice {id}", review.id);
    }
    Ok(id.to_owned())
}

fn show_review(review: &Review) -> anyhow::Result<()> {
    say(format_args!("{}: {}", review.id, review.message))?;
    for choice in &review.choices {
        let id = if choice.is_typed_in() { format!("{}:VALUE", choice.id) } else { choice.id.clone() };
        say(format_args!("  {id}: {}. {}", choice.label, choice.effect))?;
    }
    Ok(())
}

fn show_plan(plan: &Plan) -> anyhow::Result<()> {
    for effect in &plan.effects {
        say(format_args!("  + {}", effect.key()))?;
        if let Effect::CreateSalesCredit { body, .. } = effect {
            for row in &body.rows {
                let name = row.name.as_deref().unwrap_or_default();
                say(format_args!("      {} × {name}: net {}, tax {}", row.quantity, row.net, row.tax))?;
            }
        }
    }
    if plan.effects.is_empty() {
        say("  Nothing is written now.")?;
    }
    for review in &plan.reviews {
        say(format_args!("  Still open: {}: {}", review.id, review.message))?;
    }
    Ok(())
}
