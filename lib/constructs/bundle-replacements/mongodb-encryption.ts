/** Stands in for mongodb's encryption by the client, whose native package is not there, in the bundles of functions. */
const encryption = {};

export { encryption as 'module.exports' };
