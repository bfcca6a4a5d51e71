import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { projectRoot } from './build-cache.ts';

/** The platform on which native code runs. */
export interface Machine {
  readonly os: string;
  readonly cpu: string;
}

/** Lambda's platform, for which every function is deployed. */
export const LAMBDA: Machine = { os: 'linux', cpu: 'arm64' };

/** The platform of this process. */
export const THIS_MACHINE: Machine = { os: process.platform, cpu: process.arch };

/** Packages with native code: bundles import them, and have them next to their own file. */
export const NATIVE_PACKAGES = ['sharp'] as const;

/** A package in the lockfile. */
interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const readLock = (): Readonly<Record<string, LockedPackage>> =>
  (
    JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, LockedPackage>;
    }
  ).packages;

const installed = (name: string): string => join(projectRoot, 'node_modules', name);

const isFor = ({ os, cpu, libc }: LockedPackage, name: string, machine: Machine): boolean => {
  // npm has already selected the packages for this machine when it installed.
  if (machine === THIS_MACHINE) return existsSync(installed(name));
  const fits = (list: readonly string[] | undefined, value: string): boolean =>
    list === undefined || list.includes(value);
  return fits(os, machine.os) && fits(cpu, machine.cpu) && fits(libc, 'glibc');
};

/** A package with all its dependencies on a machine, by name. */
const neededBy = (name: string, machine: Machine): Map<string, LockedPackage> => {
  const lock = readLock();
  const needed = new Map<string, LockedPackage>();
  const add = (one: string): void => {
    const locked = lock[`node_modules/${one}`];
    if (locked === undefined) throw new Error(`package-lock.json does not have ${one}`);
    if (needed.has(one) || !isFor(locked, one, machine)) return;
    needed.set(one, locked);
    for (const other of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) add(other);
  };
  add(name);
  return needed;
};

/**
 * Downloads a package that npm did not install because it is for another machine. @throws Error when it is not
 * available
 */
const fetchPackage = (name: string, { version, integrity = '' }: LockedPackage, target: string): void => {
  const temporary = mkdtempSync(join(tmpdir(), 'chat-service-package-'));
  try {
    const spec = `${name}@${version}`;
    let archive: string;
    try {
      archive = execFileSync('npm', ['pack', spec, '--silent', '--pack-destination', temporary], {
        cwd: projectRoot,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    } catch (error) {
      throw new Error(`${spec}, which the bundle for Lambda takes, could not be had from npm's registry.`, {
        cause: error,
      });
    }
    const file = join(temporary, basename(archive));
    const [algorithm = '', digest = ''] = integrity.split('-', 2);
    if (createHash(algorithm).update(readFileSync(file)).digest('base64') !== digest) {
      throw new Error(`${spec} is not what package-lock.json says`);
    }
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', file, '--strip-components=1', '-C', target]);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
};

/**
 * Excludes the files of a package that a function does not need: C++ sources, types and documentation. Licenses stay.
 */
const isNeeded = (path: string): boolean =>
  !/\/(?:src|install)(?:\/|$)|\.d\.[cm]?ts$|\.md$|\.map$/.test(
    path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length),
  );

/**
 * Puts a native package next to a bundle, in `node_modules`, with all its dependencies on a machine. Packages that
 * npm has not installed are downloaded from its registry, and must match the lockfile's hashes.
 *
 * @param folder the folder of the bundle
 */
export const placeNativePackage = (name: string, folder: string, machine: Machine): void => {
  for (const [one, locked] of neededBy(name, machine)) {
    const target = join(folder, 'node_modules', one);
    const source = installed(one);
    if (existsSync(source)) {
      mkdirSync(dirname(target), { recursive: true });
      cpSync(source, target, { recursive: true, dereference: true, filter: isNeeded });
    } else {
      fetchPackage(one, locked, target);
    }
  }
};
