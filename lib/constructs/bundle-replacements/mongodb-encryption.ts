/** Replaces mongodb's client-side encryption, whose native package is not installed, in the bundles of functions. */
const encryption = {};

export { encryption as 'module.exports' };
