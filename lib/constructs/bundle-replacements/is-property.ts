/**
 * Replaces `is-property` in the bundles of functions. mysql2 uses it to decide which columns may be accessed by a dot
 * in its generated row parsers; the package would load 10 KB to know all of Unicode's letters. Columns with other
 * letters are accessed by brackets.
 */
const isProperty = (name: string): boolean => /^[$A-Z_a-z][\w$]*$/.test(name);

export { isProperty as 'module.exports' };
