import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type * as z from 'zod';
import { CreateChatBody, UpdateChatBody } from '../../functions/chats/contract.ts';
import type { JsonSchema } from '../../functions/documents/json-schema.ts';
import { openApiDocument } from '../../functions/documents/openapi.ts';
import { MessageFrame } from '../../functions/messages/contract.ts';
import { EditMessageBody, SendMessageBody } from '../../functions/messages/contract.ts';
import { RegisterBody, UpdateProfileBody } from '../../functions/users/contract.ts';

const account = { username: 'ada', email: 'ada@example.org', password: 'correct horse' };

/** All inputs for a name, and all inputs for a content. */
const names: Readonly<Record<string, (text: string) => [z.ZodType, object]>> = {
  registering: (text) => [RegisterBody, { ...account, full_name: text }],
  'a profile': (text) => [UpdateProfileBody, { full_name: text }],
  'a new group': (text) => [CreateChatBody, { chat_type: 'group', participant_ids: [], name: text }],
  'a direct chat': (text) => [CreateChatBody, { chat_type: 'direct', participant_ids: [1], name: text }],
  'a group': (text) => [UpdateChatBody, { name: text }],
};
const contents: typeof names = {
  'a message': (text) => [SendMessageBody, { chat_id: 1, content: text }],
  'an edit': (text) => [EditMessageBody, { content: text }],
  'a frame': (text) => [MessageFrame, { type: 'message', chat_id: 1, content: text }],
};

/** The messages with which a text is refused; empty when it is accepted, unchanged. */
const refusals = (places: typeof names, text: string): string[] => {
  const answers = Object.entries(places).map(([place, of]) => {
    const [schema, body] = of(text);
    const { success, data, error } = schema.safeParse(body);
    if (success) assert.deepEqual(data, body, place);
    return success ? [] : error.issues.map(({ message }) => message);
  });
  const [first = []] = answers;
  // One rule wherever it enters.
  for (const answer of answers) assert.deepEqual(answer, first);
  return first;
};

const invisible = [
  ...Array.from(
    ' \t\n\r\v\f\u0085\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u180b\u180e\u2003\u200b\u200d\u200e\u2028\u202e\u202f\u205f\u2060\u2066\u3000\u3164\ufe0f\ufeff\uffa0',
  ),
  '\u{1bca0}',
  '\u{1d173}',
  '\u{e0001}',
  '\u{e0041}',
  '\u{e0100}',
];

suite('a text', () => {
  test('of what cannot be seen is none, in any mixture', () => {
    for (const character of invisible) {
      for (const text of [character, `${character} `, character.repeat(5), `\u200b${character}\ufeff`]) {
        assert.match(refusals(contents, text).join(), /visible character/, JSON.stringify(text));
        assert.match(refusals(names, text).join(), /visible character/, JSON.stringify(text));
      }
    }
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...invisible), { minLength: 1 }), (characters) => {
        assert.notDeepEqual(refusals(contents, characters.join('')), []);
      }),
    );
  });

  test('that has one character to see is taken as it is, whatever is around it', () => {
    for (const character of invisible) {
      assert.deepEqual(refusals(contents, `${character}x${character}`), [], JSON.stringify(character));
    }
    for (const text of ['.', '🦋', 'ㅤ.', '\u0301', '0', '"', '<b>'])
      assert.deepEqual(refusals(contents, text), []);
  });

  test('holds neither NUL nor lone surrogates', () => {
    for (const text of ['a\u0000b', '\u0000', '\ud800', 'a\udc00', '\udfff\ud800']) {
      assert.match(refusals(contents, text).join(), /NUL or lone surrogates/);
      assert.match(refusals(names, text).join(), /NUL or lone surrogates/);
    }
  });
});

suite('a name', () => {
  test('has no controls, marks of direction, line breaks, or letters that are not seen', () => {
    for (const character of '\u0001\t\n\r\u001b\u007f\u0085\u009b\u00ad\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\u3164\ufeff\uffa0\ufff9') {
      for (const name of [
        `Ada${character}Lovelace`,
        `${character}Ada`,
        `Ada${character}`,
        `🦋${character}`,
      ]) {
        assert.match(
          refusals(names, name).join(),
          /control, format or other invisible/,
          JSON.stringify(name),
        );
      }
    }
    assert.match(refusals(names, 'Ada\u{e0041}').join(), /invisible/);
  });

  test('may have emoji whole, and joiners where a script is written with them', () => {
    for (const name of [
      '👩\u200d👩\u200d👧 home',
      '👩🏽\u200d💻',
      '❤\ufe0f\u200d🔥',
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
      '1\ufe0f\u20e3',
      '🇩🇪',
      'علی\u200cرضا',
      'ශ්\u200dරී',
      'क्\u200dष',
      '葛\u{e0100}城',
      'O’Brien–Smith',
      'Ada  Lovelace',
      ' Ada ',
    ]) {
      assert.deepEqual(refusals(names, name), [], JSON.stringify(name));
    }
    for (const name of [
      '👩\u200d',
      '\u200d👩',
      '👩\u200dx',
      'a\u200db',
      'علی\u200c',
      '\u200cعلی',
      '👩\u202e👧',
    ]) {
      assert.notDeepEqual(refusals(names, name), [], JSON.stringify(name));
    }
  });

  test('is not the one of deleted accounts, however it is written', () => {
    for (const name of [
      'deleted user',
      'Deleted User',
      'DELETED  USER',
      'deleted\u00a0user',
      'deleted\u3000user',
      'ｄｅｌｅｔｅｄ ｕｓｅｒ',
      'déleted usér',
      ' deleted user ',
      'deleteduser',
      'deleted_user',
      '(deleted user)',
      'deleted user 🦋',
    ]) {
      assert.match(refusals(names, name).join(), /deleted accounts/, name);
    }
    for (const name of ['deleted users', 'Not a deleted user', 'user deleted'])
      assert.deepEqual(refusals(names, name), []);
    assert.deepEqual(refusals(contents, 'deleted user'), []);
  });
});

suite('the pattern of a text in the documents', () => {
  const { schemas } = (openApiDocument('1.0.0') as { components: { schemas: Record<string, JsonSchema> } })
    .components;
  const patternOf = (id: string, field: string): RegExp => {
    const pattern = schemas[id]?.properties?.[field]?.pattern;
    assert.ok(pattern !== undefined, `${id}.${field}`);
    return new RegExp(pattern, 'u');
  };
  const content = patternOf('SendMessageBody', 'content');
  const name = patternOf('UpdateChatBody', 'name');
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...invisible, '\u0000', '\ud800', 'a', 'é', '🦋', '👩‍🚀', '\n'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 12,
  });

  test('lets pass whatever the service takes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        if (refusals(contents, text).length === 0) assert.match(text, content);
        if (refusals(names, text).length === 0) assert.match(text, name);
      }),
    );
  });

  test('refuses what the service refuses, in the basic plane and but for joiners and lone surrogates', () => {
    const outside = /[\u{10000}-\u{10ffff}\u200c\u200d]/u;
    fc.assert(
      fc.property(hostile, (text) => {
        if (outside.test(text) || !text.isWellFormed()) return;
        if (content.test(text)) assert.deepEqual(refusals(contents, text), []);
        if (name.test(text)) assert.deepEqual(refusals(names, text), []);
      }),
    );
  });

  test('takes no time, however long a text is', () => {
    const blank = ' '.repeat(9_999);
    assert.doesNotMatch(blank, content);
    assert.doesNotMatch(`${blank}\u0000`, content);
    assert.match(`${blank}a`, name);
  });
});
