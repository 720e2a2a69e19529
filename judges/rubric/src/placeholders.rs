/// The template with each `{name}` replaced by the value of that name. All are replaced in one pass, so that braces in
/// a value are left alone; braces around any other word stay as they are.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + values.iter().map(|(_, value)| value.len()).sum::<usize>());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, braced) = rest.split_at(open);
        filled.push_str(before);
        let named = values.iter().find_map(|(name, value)| {
            let tail = braced.strip_prefix('{')?.strip_prefix(*name)?.strip_prefix('}')?;
            Some((*value, tail))
        });
        match named {
            Some((value, tail)) => {
                filled.push_str(value);
                rest = tail;
            }
            None => {
                filled.push('{');
                rest = &braced[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The first of `names` that the template has no `{name}` for.
pub fn missing<'a>(template: &str, names: &[&'a str]) -> Option<&'a str> {
    names.iter().find(|name| !template.contains(&format!("{{{name}}}"))).copied()
}
