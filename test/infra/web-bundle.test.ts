import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { bundleWebPage, htmlWith } from '../../lib/constructs/web-bundle.ts';

suite('the page that is built', async () => {
  const directory = await bundleWebPage();
  const textOf = (file: string): string => readFileSync(join(directory, file), 'utf8');
  const html = textOf('index.html');
  const assets = readdirSync(join(directory, 'assets'));
  const addressed = (pattern: RegExp): string[] =>
    [...html.matchAll(pattern)].map(([, file]) => String(file));

  test('starts with one script, which imports nothing that it has to wait for, and one file of styles', () => {
    const [script, ...others] = addressed(/<script type="module" src="\/(assets\/[^"]+\.js)">/g);
    assert.ok(script !== undefined && others.length === 0, html);
    assert.doesNotMatch(textOf(script), /(?:^|[;}])import\s*(?:["'{*]|\w+\s+from)|\bfrom\s*["']\.\//);
    assert.match(textOf(script), /\bimport\(\s*["']\.\/conversation-\w+\.js["']\)/);
    assert.deepEqual(
      addressed(/<link rel="stylesheet" href="\/(assets\/[^"]+\.css)"/g).map((file) =>
        assets.includes(file.slice('assets/'.length)),
      ),
      [true],
    );
    assert.doesNotMatch(html, /"\.\//, 'an address of a source');
  });

  test('has a hash in the name of every file that is kept for good', () => {
    for (const file of assets) assert.match(file, /^[\w-]+-[0-9A-Z]{8}\.(?:js|css)$/);
  });

  test('has no script that others do not import, and none twice', () => {
    const scripts = assets.filter((file) => file.endsWith('.js'));
    const texts = scripts.map((file) => textOf(join('assets', file)));
    for (const file of scripts) {
      assert.ok(html.includes(`/assets/${file}`) || texts.some((text) => text.includes(`./${file}`)), file);
    }
    assert.equal(new Set(texts).size, texts.length);
  });

  test('has a service worker that knows the addresses of all of it', () => {
    const worker = textOf('sw.js');
    for (const file of [
      '/',
      '/config.json',
      '/theme.js',
      '/manifest.json',
      ...assets.map((name) => `/assets/${name}`),
    ]) {
      assert.ok(worker.includes(JSON.stringify(file)), file);
    }
  });

  test('is not made of an index.html that asks for other files', () => {
    assert.match(htmlWith('/assets/one.js', '/assets/two.css'), /src="\/assets\/one\.js"/);
    assert.throws(() => htmlWith('/one.js', '/two.css', '<script src="./other.tsx">'), /"\.\/main\.tsx"/);
  });
});
