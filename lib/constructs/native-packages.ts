import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { project } from './build-cache.ts';

/** What native code runs on. */
export interface Machine {
  readonly os: string;
  readonly cpu: string;
}

/** Lambda's, as every function is deployed. */
export const LAMBDA: Machine = { os: 'linux', cpu: 'arm64' };

/** The one that this process runs on. */
export const THIS_MACHINE: Machine = { os: process.platform, cpu: process.arch };

/** Packages with native code: bundles import them, and have them beside their own file. */
export const NATIVE_PACKAGES = ['sharp'] as const;

/** A package as the lockfile has it. */
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
    JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, LockedPackage>;
    }
  ).packages;

const installed = (name: string): string => join(project, 'node_modules', name);

const isFor = ({ os, cpu, libc }: LockedPackage, name: string, machine: Machine): boolean => {
  // npm has chosen already, by what it found out of this machine.
  if (machine === THIS_MACHINE) return existsSync(installed(name));
  const fits = (list: readonly string[] | undefined, value: string): boolean =>
    list === undefined || list.includes(value);
  return fits(os, machine.os) && fits(cpu, machine.cpu) && fits(libc, 'glibc');
};

/** A package with all that it needs on a machine, by name. */
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

/** Fetches a package that npm did not install, since it is for another machine. @throws Error when it cannot be had */
const fetchPackage = (name: string, { version, integrity = '' }: LockedPackage, target: string): void => {
  const temporary = mkdtempSync(join(tmpdir(), 'chat-service-package-'));
  try {
    const spec = `${name}@${version}`;
    let archive: string;
    try {
      archive = execFileSync('npm', ['pack', spec, '--silent', '--pack-destination', temporary], {
        cwd: project,
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

/** What of a package a function does without: sources in C++, types, and pages to read. Licenses stay. */
const isNeeded = (path: string): boolean =>
  !/\/(?:src|install)(?:\/|$)|\.d\.[cm]?ts$|\.md$|\.map$/.test(
    path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length),
  );

/**
 * Puts a native package beside a bundle, in `node_modules`, with all that it needs on a machine. What npm has not installed
 * comes from its registry, and has to be what the lockfile says.
 *
 * @param folder that of the bundle
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
