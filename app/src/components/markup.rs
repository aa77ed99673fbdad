//! Parts of a page that nothing listens to and that stand in every row of a list are one piece of markup each
//! (`InertElement`): built attribute by attribute they are most of a page's work.

/// Text as it stands in markup, in an attribute too.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_end_its_element_or_attribute() {
        assert_eq!(
            escaped("</p><a href=\"x\">&"),
            "&lt;/p&gt;&lt;a href=&quot;x&quot;&gt;&amp;"
        );
    }
}
