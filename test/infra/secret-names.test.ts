import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileKeySecretName } from '../../lib/config/file-key-secret.ts';
import { pushKeySecretName } from '../../lib/config/push-key-secret.ts';
import { endsLikeArn } from '../../lib/config/secret-names.ts';
import { stageConfig, stageNames } from '../../lib/config/stages.ts';
import { everything } from '../support/everything.ts';
import { provisioned } from '../support/provisioned.ts';
import { synthesize } from '../support/synthesized.ts';

/** All strings in a value of a template. */
const stringsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
};

/**
 * The names of secrets that a template defines or refers to: in a dynamic reference, or at the end of a partial ARN. A
 * suffix `-??????` is a policy's wildcard for the characters that Secrets Manager adds.
 */
const namesIn = (text: string): string[] => [
  ...[...text.matchAll(/\{\{resolve:secretsmanager:([\w/+=.@-]+):/g)].map(([, name]) => String(name)),
  ...[...text.matchAll(/:secret:([\w/+=.@-]+?)(?:-\?{6})?$/g)].map(([, name]) => String(name)),
];

suite('names of secrets do not end in a hyphen and six characters, as complete ARNs do', () => {
  test('what counts as such an ending', () => {
    for (const name of ['push-keys-1', 'push-keys/1', 'a/file-keys-9', 'x-abcdef'])
      assert.ok(endsLikeArn(name));
    for (const name of ['push-keys-12', 'keys/push/1', 'mongodb-url', 'edge-1', 'abcdef']) {
      assert.ok(!endsLikeArn(name), name);
    }
  });

  for (const stage of [...stageNames.map(stageConfig), provisioned, everything]) {
    test(`in the templates of ${stage.stage}`, async () => {
      const made = await synthesize(stage);
      const given = made
        .all('AWS::SecretsManager::Secret')
        .flatMap(({ Properties }) => Properties.Name ?? []) as string[];
      const names = new Set<string>([
        ...given,
        ...made.resources.flatMap(({ Properties }) => stringsIn(Properties)).flatMap(namesIn),
      ]);
      for (const expected of [
        stage.mongodb.secretName,
        fileKeySecretName(stage.stage, stage.files.keyGeneration),
        pushKeySecretName(stage.stage, stage.push.keyGeneration),
      ]) {
        assert.ok(names.has(expected), `${expected} is not in the templates`);
      }
      for (const name of names) assert.ok(!endsLikeArn(name), name);
    });
  }

  test('whatever the generation of keys', () => {
    for (let digits = 1; digits < 9; digits += 1) {
      const generation = 10 ** digits - 1;
      // A stage's name may have hyphens, too.
      for (const name of [fileKeySecretName('a-b', generation), pushKeySecretName('a-b', generation)]) {
        assert.ok(!endsLikeArn(name), name);
      }
    }
  });
});
