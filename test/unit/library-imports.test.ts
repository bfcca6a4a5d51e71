import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { libraryOf, librarySources, resolveLibraries } from '../../lib/constructs/library-imports.ts';

const importsOf = (code: string) => resolveLibraries(code).imports;

suite('libraries', () => {
  test('imports point to the file of their library, and their names are known', () => {
    const { code, imports } = resolveLibraries(
      'import a,{b as c,default as d}from"library:jsonwebtoken";import{v7}from"library:uuid";import"node:fs";a(c,d,v7);',
    );
    assert.equal(
      code,
      'import a,{b as c,default as d}from"./jsonwebtoken.mjs";import{v7}from"./uuid.mjs";import"node:fs";a(c,d,v7);',
    );
    assert.deepEqual(
      imports,
      new Map([
        ['jsonwebtoken', new Set(['default', 'b'])],
        ['uuid', new Set(['v7'])],
      ]),
    );
  });

  test('a library has what any of the functions imports', () => {
    const sources = librarySources([
      importsOf('import{Kysely as a}from"library:kysely";import{createPool as b}from"library:mysql2";'),
      importsOf('import{sql}from"library:kysely";import{Kysely}from"library:kysely";'),
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
    assert.throws(
      () => resolveLibraries('import*as a from"library:kysely";'),
      /kysely is imported as a whole/,
    );
  });

  test('an import in a form that is not known is refused', () => {
    assert.throws(() => resolveLibraries('export*from"library:uuid";'), /neither imported nor bundled/);
  });

  test('two packages that export the same name into one library are refused', () => {
    const both = importsOf('import a from"library:mysql2";import b from"library:kysely";');
    assert.throws(() => librarySources([both]), /kysely and mysql2 both export default into mysql/);
  });
});
