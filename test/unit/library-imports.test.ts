import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { importsIn, libraryOf, librarySources, linkLibraries } from '../../lib/constructs/library-imports.ts';

suite('libraries', () => {
  test('imports point to the file of their library, and their names are known', () => {
    const code =
      'import a,{b as c,default as d}from"library:jsonwebtoken";import{v7}from"library:uuid";import"node:fs";a(c,d,v7);';
    assert.equal(
      linkLibraries(code, (library) => `${library}-1.mjs`),
      'import a,{b as c,default as d}from"./jsonwebtoken-1.mjs";import{v7}from"./uuid-1.mjs";import"node:fs";a(c,d,v7);',
    );
    assert.deepEqual(
      importsIn(code),
      new Map([
        ['jsonwebtoken', new Set(['default', 'b'])],
        ['uuid', new Set(['v7'])],
      ]),
    );
  });

  test('a library has what any of the functions imports', () => {
    const sources = librarySources([
      importsIn('import{Kysely as a}from"library:kysely";import{createPool as b}from"library:mysql2";'),
      importsIn('import{sql}from"library:kysely";import{Kysely}from"library:kysely";'),
    ]);
    assert.deepEqual(
      sources,
      new Map([['mysql', 'export { Kysely, sql } from "kysely";\nexport { createPool } from "mysql2";\n']]),
    );
  });

  test('a package in parts is one library, named as a file', () => {
    assert.equal(libraryOf('@smithy/core/endpoints'), libraryOf('@smithy/core'));
    assert.equal(libraryOf('@aws-sdk/client-dynamodb'), 'aws-sdk-client-dynamodb');
  });

  test('a package that is imported as a whole is refused, for nobody knows what of it is used', () => {
    assert.throws(() => importsIn('import*as a from"library:kysely";'), /kysely is imported as a whole/);
  });

  test('an import in a form that is not known is refused', () => {
    assert.throws(() => linkLibraries('export*from"library:uuid";', String), /neither imported nor bundled/);
  });

  test('two packages that export the same name into one library are refused', () => {
    const both = importsIn('import a from"library:mysql2";import b from"library:kysely";');
    assert.throws(() => librarySources([both]), /kysely and mysql2 both export default into mysql/);
  });
});
