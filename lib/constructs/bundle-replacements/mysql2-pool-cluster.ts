/** Replaces mysql2's pools over several servers in the bundles of functions: the service uses a single address. */
const poolCluster = undefined;

export { poolCluster as 'module.exports' };
