//! Answers of which one value is not what it should be, and a shop that never answers. They have a chance of their own:
//! everything else in a seed is as it is without them.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::world::lock;

/// How long a request to a shop that never answers is waited for.
pub(crate) const GIVEN_UP_AFTER: std::time::Duration = std::time::Duration::from_secs(60);

/// None by default.
#[derive(Debug, Default)]
pub(crate) struct Oddities {
    random: Mutex<Option<fastrand::Rng>>,
    /// How often an answer has such a value.
    odd: f64,
    /// The shop that never answers.
    hanging: Option<usize>,
}

impl Oddities {
    /// Those of a seed with so many shops.
    pub(crate) fn of(seed: u64, shops: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(seed ^ 0x0dd1_7135);
        let odd = if random.f64() < 0.2 { *random.choice(&[0.002, 0.01, 0.05]).unwrap_or(&0.0) } else { 0.0 };
        let hanging = (shops > 1 && random.f64() < 0.15).then(|| random.usize(..shops));
        Self { random: Mutex::new(Some(random)), odd, hanging }
    }

    pub(crate) fn hangs(&self, shop: Option<usize>) -> bool {
        shop.is_some() && shop == self.hanging
    }

    pub(crate) const fn are_answers_odd(&self) -> bool {
        self.odd > 0.0
    }

    /// The answer with one odd value, where chance has it so; and which value that is.
    pub(crate) fn damage(&self, body: &[u8]) -> Option<(Vec<u8>, String)> {
        if !self.are_answers_odd() {
            return None;
        }
        let mut random = lock(&self.random);
        let random = random.as_mut()?;
        if random.f64() >= self.odd {
            return None;
        }
        let mut body: Value = serde_json::from_slice(body).ok()?;
        let mut fields = Vec::new();
        list(&body, "", &mut fields);
        let field = random.choice(&fields)?.clone();
        *body.pointer_mut(&field)? = json!({ "odd": {} });
        Some((body.to_string().into_bytes(), field))
    }
}

fn list(value: &Value, way: &str, fields: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.replace('/', "~1"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in below {
        let way = format!("{way}/{key}");
        fields.push(way.clone());
        list(value, &way, fields);
    }
}
