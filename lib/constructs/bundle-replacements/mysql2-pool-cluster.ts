/** Stands in for mysql2's pools over several servers in the bundles of functions: the service has one address. */
const poolCluster = undefined;

export { poolCluster as 'module.exports' };
