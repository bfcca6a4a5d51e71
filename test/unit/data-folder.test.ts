import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deleteData, findForeignEntries } from '../../lib/local/data-folder.ts';
import { lockFolder } from '../../lib/local/mongodb-server/folder-lock.ts';

const silent = (): void => undefined;

const inFolder = (run: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-data-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

test('what the local cloud has written is forgotten, and what the system hides there stays', () => {
  inFolder((folder) => {
    for (const name of ['mysql', 'mail']) mkdirSync(join(folder, name));
    for (const name of ['secrets.json', '.DS_Store', 'mail/1.eml']) writeFileSync(join(folder, name), '');
    deleteData(folder, silent);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name !== 'lock'),
      ['.DS_Store'],
    );
    deleteData(join(folder, 'nowhere'), silent);
  });
});

test('a copy of a folder in use is not in use', () => {
  inFolder((parent) => {
    const [folder, copy] = [join(parent, 'data'), join(parent, 'copy')];
    mkdirSync(folder);
    const unlock = lockFolder(folder, silent);
    cpSync(folder, copy, { recursive: true });
    const lines: string[] = [];
    const unlockCopy = lockFolder(copy, (line) => lines.push(line));
    assert.match(lines.join(), /took over .*copy.lock, the lock of another folder/);
    for (const locked of [folder, copy]) {
      assert.throws(() => lockFolder(locked, silent), /is in use by process/);
      assert.throws(() => deleteData(locked, silent), /is in use by process/);
    }
    unlock();
    unlockCopy();
    assert.deepEqual([readdirSync(folder), readdirSync(copy)], [[], []]);
  });
});

test('a folder with anything else in it keeps all of it', () => {
  inFolder((folder) => {
    mkdirSync(join(folder, 'mail'));
    for (const name of ['mail/mine.txt', 'precious.txt']) writeFileSync(join(folder, name), '');
    assert.deepEqual(findForeignEntries(folder), ['precious.txt']);
    assert.throws(() => deleteData(folder, silent), /precious\.txt.*nothing was removed/);
    assert.deepEqual(readdirSync(folder).toSorted(), ['mail', 'precious.txt']);
    assert.deepEqual(readdirSync(join(folder, 'mail')), ['mine.txt']);
  });
});
