/**
 * Stands in for `is-property` in the bundles of functions. mysql2 asks it which columns may stand behind a dot in the
 * code that reads a row; 10 KB would be loaded to know all of Unicode's letters, and the others stand in brackets.
 */
const isProperty = (name: string): boolean => /^[$A-Z_a-z][\w$]*$/.test(name);

export { isProperty as 'module.exports' };
