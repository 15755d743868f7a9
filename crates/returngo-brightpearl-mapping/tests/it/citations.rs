//! Facts about both systems are cited as `docs/evidence/PAGE.md#heading`. Every citation in the repository leads to a
//! heading that exists, and none names a document that is not in the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const SECTION_SIGN: char = '\u{a7}';

struct Page {
    /// Its path below the root of the repository, with `/` on every system.
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The texts of the repository that may cite: everything but what is built, and this test, which holds retired forms.
fn pages() -> Vec<Page> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    found.retain(|page| !page.path.ends_with("tests/it/citations.rs"));
    assert!(found.len() > 500, "only {} texts found", found.len());
    found
}

fn collect(folder: &Path, below: &str, found: &mut Vec<Page>) {
    let is_built = folder.join("CACHEDIR.TAG").exists();
    if is_built {
        return;
    }
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && name != ".git" && name != "target" {
            collect(&entry.path(), &path, found);
        } else if kind.is_file()
            && is_text(&name)
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            found.push(Page { path, text });
        }
    }
}

fn is_text(name: &str) -> bool {
    [".rs", ".md", ".toml", ".sql", ".json", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}

/// The headings of the pages of evidence, as links name them, by page.
fn headings() -> BTreeMap<String, BTreeSet<String>> {
    let folder = root().join("docs/evidence");
    let pages = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    pages
        .map(|entry| {
            let entry = entry.unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            let headings = text.lines().filter(|line| line.starts_with('#')).map(slug).collect();
            (entry.file_name().to_string_lossy().into_owned(), headings)
        })
        .collect()
}

/// A heading as GitHub links to it.
fn slug(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
        .map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() })
        .collect()
}

/// Page and heading of a link that begins here, such as `returngo.md#money`; the heading is empty when none is named.
fn link(text: &str) -> Option<(String, String)> {
    let of_a_name = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let name: String = text.chars().take_while(of_a_name).collect();
    let rest = text[name.len()..].strip_prefix(".md")?;
    let heading = rest.strip_prefix('#').map(|rest| rest.chars().take_while(of_a_name).collect());
    Some((format!("{name}.md"), heading.unwrap_or_default()))
}

/// What a text cites. Pages of evidence link to each other without their folder, and to themselves without their name.
fn citations(page: &Page) -> Vec<(String, String)> {
    let mut found: Vec<_> = page.text.split("evidence/").skip(1).filter_map(link).collect();
    if let Some(own) = page.path.strip_prefix("docs/evidence/") {
        for target in page.text.split("](").skip(1) {
            let target = if target.starts_with('#') { format!("{own}{target}") } else { target.to_owned() };
            found.extend(link(&target));
        }
    }
    found
}

/// Whether a comment names a section by a code such as `(A1.4 rule 3)` or `(A B1.4)`, which no page has.
fn names_a_section_by_code(line: &str) -> bool {
    let Some((_, comment)) = line.split_once("//") else { return false };
    comment.split('(').skip(1).any(|rest| {
        let rest = ["P ", "O ", "A "].iter().find_map(|page| rest.strip_prefix(page)).unwrap_or(rest);
        let Some(number) = rest.strip_prefix(['A', 'B']) else { return false };
        let after = number.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        after.len() < number.len() && (after.starts_with([')', ',', ';']) || after.starts_with(" rule "))
    })
}

/// The pages that a line names: all that ends in `.md`, but for addresses on the Web.
fn pages_named(line: &str) -> Vec<&str> {
    let is_of_a_path =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/');
    line.split(|letter: char| !is_of_a_path(letter))
        .filter(|word| !word.starts_with("//"))
        .filter_map(|word| Some(word[..word.rfind(".md")? + ".md".len()].trim_start_matches('/')))
        .filter(|path| !path.ends_with("/.md") && *path != ".md")
        .collect()
}

/// Whether a page is there, seen from the folder of the text that names it or from one above, up to the root.
fn is_there(named: &str, by: &str) -> bool {
    Path::new(by).ancestors().skip(1).any(|folder| root().join(folder).join(named).exists())
}

/// What in a line cites a document that is not in the repository.
fn retired(path: &str, line: &str) -> Option<String> {
    if line.contains(SECTION_SIGN) {
        return Some("a section sign".to_owned());
    }
    if names_a_section_by_code(line) {
        return Some("the code of a section".to_owned());
    }
    pages_named(line).into_iter().find(|named| !is_there(named, path)).map(str::to_owned)
}

#[test]
fn every_citation_leads_to_a_heading() {
    let headings = headings();
    let mut lost = Vec::new();
    let mut count = 0;
    for page in pages() {
        for (name, heading) in citations(&page) {
            count += 1;
            let on_the_page = headings.get(&name);
            if !on_the_page.is_some_and(|those| heading.is_empty() || those.contains(&heading)) {
                lost.push(format!("{}: docs/evidence/{name}#{heading}", page.path));
            }
        }
    }
    assert!(lost.is_empty(), "no such page or heading:\n{}", lost.join("\n"));
    assert!(count > 600, "only {count} citations found");
}

#[test]
fn nothing_is_cited_that_is_not_in_the_repository() {
    let mut left = Vec::new();
    for page in pages() {
        for (number, line) in page.text.lines().enumerate() {
            if let Some(form) = retired(&page.path, line) {
                left.push(format!("{}:{}: {form}: {}", page.path, number + 1, line.trim()));
            }
        }
    }
    assert!(
        left.is_empty(),
        "not in the repository; cite docs/evidence/PAGE.md#heading:\n{}",
        left.join("\n")
    );
}

#[test]
fn no_two_headings_of_a_page_have_the_same_link() {
    for (name, headings) in headings() {
        let text = fs::read_to_string(root().join("docs/evidence").join(&name)).unwrap();
        let lines = text.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(lines, headings.len(), "{name} has a heading twice");
    }
}

#[test]
fn headings_are_named_as_github_names_them() {
    assert_eq!(slug("## Ids, codes and nulls"), "ids-codes-and-nulls");
    assert_eq!(slug("## Polling and lastUpdated"), "polling-and-lastupdated");
}

#[test]
fn retired_forms_are_recognised() {
    let code = "crates/returngo/src/money.rs";
    for line in [
        "//! Money (returngo.md \u{a7}3.8).",
        "//! Money (returngo.md).",
        "/// None for the base currency (A1.4 rule 3).",
        "/// A note is deleted (A B1.4).",
        "/// Sales credits (brightpearl-orders.md).",
        "/// Sales credits (collected-elsewhere.md 3).",
    ] {
        assert!(retired(code, line).is_some(), "{line}");
    }
    for line in [
        "//! Money (docs/evidence/returngo.md#money).",
        "//! A guide is `docs/returngo.md` in the repository.",
        "#[doc = include_str!(\"../../../docs/returngo.md\")]",
        "/// assert_eq!(location.name(), \"A1.3.4\");",
        "(\"@SUM(A1)\", \"'@SUM(A1)\"),",
    ] {
        assert_eq!(retired(code, line), None, "{line}");
    }
    assert_eq!(retired("docs/architecture.md", "see the [guide](returngo.md)"), None);
}
