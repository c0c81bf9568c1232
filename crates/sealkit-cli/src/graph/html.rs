//! A picture as a page, with a table of the tasks below it. The page needs no other file.

use std::fmt::Write as _;

use super::{Graph, TaskWithSources, escape, svg};

const STYLE: &str = "body{font:15px/1.5 ui-sans-serif,system-ui,sans-serif;margin:2rem;color:#0f172a;background:#fff}\
h1{font-size:1.25rem}figure{margin:0;overflow-x:auto}table{border-collapse:collapse;margin-top:1.5rem}\
th,td{text-align:left;padding:.35rem .75rem;border-bottom:1px solid #e2e8f0;vertical-align:top}\
th{font-weight:600}code{font-size:.9em}.missing{color:#b91c1c}p{color:#475569}";

/// Returns the page.
pub(super) fn draw(graph: &Graph, tasks: &[TaskWithSources<'_>], title: &str) -> String {
    let (picture, title) = (svg::draw(graph, title), escape(title));
    let mut rows = String::new();
    for (task, sources) in tasks {
        let secrets = task.secret_requests.iter().zip(*sources).map(|(request, source)| {
            let request = request.request();
            let (class, source) = match source {
                Some(source) => ("", escape(source)),
                None => (" class=\"missing\"", "missing".to_owned()),
            };
            format!(
                "<code>{}</code> as {}: <span{class}>{source}</span>",
                escape(&request.to_string()),
                request.mount
            )
        });
        let secrets: Vec<String> = secrets.collect();
        let calls = task.calls.as_ref().map_or_else(String::new, |calls| escape(&calls.join(", ")));
        let _ = writeln!(
            rows,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{calls}</td></tr>",
            escape(&task.name),
            task.kind.as_str(),
            escape(task.docs.lines().next().unwrap_or_default()),
            secrets.join("<br>"),
        );
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>Solid arrows are calls, dashed arrows are secrets that a task may read.</p>\n<figure>\n{picture}</figure>\n<table>\n\
         <thead><tr><th>Name</th><th>Kind</th><th>Description</th><th>Secrets</th><th>Calls</th></tr></thead>\n<tbody>\n{rows}\
         </tbody>\n</table>\n</body>\n</html>\n"
    )
}
