use std::error::Error;

/// Formats an error and its causes as one line. Leaves out causes that the line contains already.
pub fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !line.contains(&message) {
            line = format!("{line}: {message}");
        }
        cause = error.source();
    }
    line.replace('\n', " ")
}
