/** Handshake, health, and other questions of drivers and shells about the server itself. */
import { version as runtimeVersion } from 'node:process';
import { CommandError } from '../command-error.ts';
import { limits } from '../wire-protocol.ts';
import type { CommandHandler } from './command.ts';

/**
 * The version whose behaviour is implemented; its wire version is 21 (mongodb/specifications,
 * "wireversion-featurelist").
 */
const version = '7.0.0';
const wireVersion = 21;

/**
 * The handshake (manual: "hello"). A standalone server: no set name and no `isdbgrid`, so drivers do not
 * retry writes, and no `topologyVersion`, so they poll instead of streaming.
 */
export const hello: CommandHandler = ({ name, connectionId }) => ({
  helloOk: true,
  [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
  ...limits,
  localTime: new Date(),
  logicalSessionTimeoutMinutes: 30,
  connectionId,
  minWireVersion: 0,
  maxWireVersion: wireVersion,
  readOnly: false,
});

export const ping: CommandHandler = () => ({});

/** Sessions hold no state here: there are no transactions, and cursors expire by themselves. */
export const endSessions: CommandHandler = () => ({});

export const buildInfo: CommandHandler = () => ({
  version,
  versionArray: [...version.split('.').map(Number), 0],
  gitVersion: 'embedded',
  modules: ['embedded-development-server'],
  storageEngines: ['embedded-journal'],
  javascriptEngine: 'none',
  sysInfo: `node ${runtimeVersion}`,
  bits: 64,
  debug: false,
  maxBsonObjectSize: limits.maxBsonObjectSize,
});

/** Only `featureCompatibilityVersion` exists; a request for all parameters returns just this one. */
export const getParameter: CommandHandler = ({ body }) => {
  const known = { featureCompatibilityVersion: { version: '7.0' } };
  if (body['getParameter'] === '*' || 'featureCompatibilityVersion' in body) return known;
  throw new CommandError('InvalidOptions', 'no option found to get');
};

export const connectionStatus: CommandHandler = () => ({
  authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] },
});

export const serverStatus: CommandHandler = ({ address }) => ({
  host: address,
  version,
  process: 'mongod',
  pid: process.pid,
  uptime: process.uptime(),
  localTime: new Date(),
  storageEngine: { name: 'embedded-journal', persistent: true },
});

export const whatsmyuri: CommandHandler = ({ address }) => ({ you: address });
