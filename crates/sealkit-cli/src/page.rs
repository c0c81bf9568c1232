//! Pages that need no other file.

const STYLE: &str = "body{font:15px/1.5 ui-sans-serif,system-ui,sans-serif;margin:2rem;color:#0f172a;background:#fff}\
h1{font-size:1.25rem}h2{font-size:1rem;margin-top:2rem}table{border-collapse:collapse;margin-top:1.5rem}\
th,td{text-align:left;padding:.35rem .75rem;border-bottom:1px solid #e2e8f0;vertical-align:top}th{font-weight:600}\
code,pre{font:.85em/1.5 ui-monospace,monospace}p{color:#475569}";

/// Returns a page. `title` is text, `style` is CSS that is added, and `body` is HTML.
pub(crate) fn page(title: &str, style: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
}

/// Escapes a text for HTML and XML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
