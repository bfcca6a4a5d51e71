import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { needsOf } from '../../functions/contract/route.ts';
import { allRoutes } from '../../functions/contract/table.ts';
import { parseStageConfig, type StageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig, stageNames } from '../../lib/config/stages.ts';
import { provisioned } from '../support/provisioned.ts';

const production = stageConfig('production');

/** Parses a production configuration with an invalid change. */
const parse = (change: object) => () => parseStageConfig('production', { ...production, ...change });

/** An invalid change to the Atlas cluster of a production configuration. */
const cluster = (change: object) => ({
  mongodb: { ...provisioned.mongodb, cluster: { ...provisioned.mongodb.cluster, ...change } },
});

suite('the configuration of a stage', () => {
  test('every stage has one', () => {
    assert.deepEqual(stageNames, ['local', 'dev', 'staging', 'production']);
    for (const name of stageNames) assert.equal(stageConfig(name).stage, name);
  });

  test('an unknown stage is named, with those that there are', () => {
    assert.throws(() => stageConfig('prod'), {
      message: "There is no stage 'prod'. Stages are local, dev, staging, production (lib/config/stages.ts).",
    });
  });

  test('each value that is missing is named, in one sentence', () => {
    const { region: _, ...without } = production;
    assert.throws(
      () =>
        parseStageConfig('production', {
          ...without,
          network: {},
          logs: { ...production.logs, level: 'LOUD' },
        }),
      (error: Error) => {
        assert.match(
          error.message,
          /^The stage 'production' cannot be deployed as lib\/config\/stages\.ts has it: .*\.$/,
        );
        assert.match(error.message, /region is missing; network\.natGateways is missing; logs\.level: /);
        assert.ok(!error.message.includes('\n'));
        return true;
      },
    );
    for (const key of Object.keys(production) as (keyof StageConfig)[]) {
      // What may be absent, or has a default.
      if (['web', 'files', 'mail', 'push', 'moderators', 'limits', 'concurrency'].includes(key)) continue;
      assert.throws(parse({ [key]: undefined }), new RegExp(`: ${key} is missing`), key);
    }
  });

  test('what does not go together is refused', () => {
    const wrong: Record<string, [object, RegExp]> = {
      'an unknown value': [{ flavour: 'sweet' }, /flavour/],
      'an origin with a path': [{ corsOrigins: ['https://chat.example.org/app'] }, /corsOrigins\.0: /],
      'any origin': [{ corsOrigins: ['*'] }, /corsOrigins\.0: /],
      'a proxy of a cluster that pauses': [
        { mysql: { ...production.mysql, minCapacity: 0 } },
        /mysql\.minCapacity: RDS Proxy/,
      ],
      'MySQL without TLS': [{ mysql: { ...production.mysql, tls: 'off' } }, /mysql\.tls: A deployed stage/],
      'a cheap hash': [{ passwordCost: 6 }, /A deployed stage/],
      'a domain without a certificate': [
        { domains: { httpApi: 'api.example.org', webSocketApi: 'ws.example.org' } },
        /domains\.certificateArn: A domain wants a certificate/,
      ],
      'CloudFront without a name to be found by': [
        { edge: { requestsPerAddress: 2000 } },
        /edge\.domain is missing/,
      ],
      'CloudFront without a name to find the API by': [
        {
          edge: {
            requestsPerAddress: 2000,
            domain: { name: 'edge.example.org', certificateArn: 'arn:aws:acm:us-east-1:1:certificate/0' },
          },
        },
        /edge: .*domains is missing/,
      ],
      'an account that is none': [{ account: '12' }, /account: /],
      'a recipient that is none': [{ alarms: { recipients: ['operations'] } }, /alarms\.recipients\.0: /],
      'a cluster that says nothing of its project': [
        cluster({ projectId: undefined }),
        /mongodb\.cluster\.projectId is missing/,
      ],
      'a project by its name': [cluster({ projectId: 'chat' }), /mongodb\.cluster\.projectId: Expected/],
      'a cluster that is shared': [
        cluster({ instanceSize: 'M0' }),
        /mongodb\.cluster\.instanceSize: Expected the size of a dedicated/,
      ],
      'a password for Atlas': [cluster({ password: 'secret' }), /mongodb\.cluster: .*password/],
      'data that is retained without a backup': [
        cluster({ backup: 'off' }),
        /mongodb\.cluster\.backup: Data that is to be retained/,
      ],
      'a secret whose name ends as an ARN does': [
        { mongodb: { ...production.mongodb, secretName: 'chat-service/production/mongo-db-url' } },
        /mongodb\.secretName: Secrets Manager takes a name/,
      ],
      'a single zone': [{ network: { natGateways: 1, zones: ['eu-central-1a'] } }, /network\.zones: /],
      'the same zone twice': [
        { network: { natGateways: 1, zones: ['eu-central-1a', 'eu-central-1a'] } },
        /network\.zones: Expected two different zones/,
      ],
      'a zone of another region': [
        { network: { natGateways: 1, zones: ['us-east-1a', 'us-east-1b'] } },
        /network\.zones: The zones have to be of the region/,
      ],
      'a token for ever': [{ limits: { access_token_seconds: 0 } }, /limits\.access_token_seconds: /],
    };
    for (const [name, [change, message]] of Object.entries(wrong))
      assert.throws(parse(change), message, name);
  });

  test('reservations name routes that there are, and leave the account a hundred', () => {
    for (const { concurrency } of stageNames.map(stageConfig)) {
      if (concurrency === undefined) continue;
      const ids = new Set(allRoutes.map(({ id }) => id));
      for (const id of Object.keys(concurrency.routes)) assert.ok(ids.has(id), `${id} is no route`);
      const reserved = allRoutes
        .filter((route) => needsOf(route).has('mysql') || concurrency.routes[route.id] !== undefined)
        .reduce((sum, route) => sum + (concurrency.routes[route.id] ?? concurrency.standard), 0);
      assert.ok(reserved <= concurrency.account - 100, `${reserved} of ${concurrency.account} are reserved`);
      assert.equal(
        concurrency.routes['rotate-signing-keys'],
        1,
        'it writes two secrets, and has to be alone',
      );
    }
  });

  test('says how many connections the functions of production open to MySQL at most', () => {
    const { routes = {}, standard = 0 } = production.concurrency ?? {};
    const functions = allRoutes
      .filter((route) => needsOf(route).has('mysql'))
      .reduce((sum, { id }) => sum + (routes[id] ?? standard), 0);
    const text = readFileSync(join(import.meta.dirname, '../../lib/config/stages.ts'), 'utf8');
    assert.ok(
      text.includes(`at most ${(2 * functions).toLocaleString('en')} in total`),
      `the comment above \`concurrency\` of production in lib/config/stages.ts says: at most ${2 * functions} in total`,
    );
  });
});
