//! The leaves of XML.

use super::{
    Leaves,
    blocks::{LABELS, Label},
    lines::split_quoted,
    names,
};
use crate::{views, zeroizing::ZeroizingBytes};

impl Leaves {
    /// Adds the texts and attributes of XML elements.
    pub(super) fn elements(&mut self, text: &str, depth: usize) {
        let mut label = Label::default();
        let text = ZeroizingBytes::replaced(text, "<![CDATA[", "");
        let Ok(text) = str::from_utf8(&text) else { return };
        for part in text.split('<').skip(1) {
            let Some((tag, content)) = part.split_once('>') else { continue };
            let attributes: Vec<(&str, &str)> = split_quoted(tag, ' ')
                .filter_map(|attribute| attribute.split_once('='))
                .map(|(name, value)| (name.trim(), value.trim_end_matches('/').trim_matches(['"', '\''])))
                .collect();
            // `<add key="password" value="…"/>`, `<entry key="password">…</entry>`
            let named = attributes.iter().find(|(name, _)| LABELS.contains(name)).map(|(_, name)| *name);
            let element = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
            let content = content.trim();
            let content = content.strip_suffix("]]>").unwrap_or(content);
            if !content.is_empty() {
                // `<name>password</name><value>…</value>`
                let class = label.class(element, content, names::class(named.unwrap_or(element)));
                self.add(content, class, depth);
                self.add_resolved(content, &views::without_entities(content.as_bytes()), class, depth);
            }
            for (name, value) in attributes.iter().filter(|(name, _)| !LABELS.contains(name)) {
                let class = names::class(if *name == "value" { named.unwrap_or(name) } else { name });
                self.add(value, class, depth);
                self.add_resolved(value, &views::without_entities(value.as_bytes()), class, depth);
            }
        }
    }
}
