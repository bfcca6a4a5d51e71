import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { environmentSchemas } from '../../functions/platform/environment.ts';
import {
  needsOf,
  rateLimitOfTransport,
  rateLimitOf,
  readsOnly,
  type Need,
  type Route,
} from '../../functions/contract/route.ts';
import {
  allRoutes,
  fallbackRoute,
  handlerFile,
  httpRoutes,
  routeKeysOf,
  webSocketRoutes,
} from '../../functions/contract/table.ts';
import { synthesize, type TemplateResource } from '../support/synthesized.ts';

const functionsRoot = join(import.meta.dirname, '../../functions');
const stage = await synthesize('production');

const isTracing = ({ Action }: { readonly Action: unknown }): boolean =>
  JSON.stringify(Action) === '["xray:PutTelemetryRecords","xray:PutTraceSegments"]' ||
  JSON.stringify(Action) === '["xray:PutTraceSegments","xray:PutTelemetryRecords"]';

const lambdaOf = (route: Route): TemplateResource => {
  const name = `chat-service-production-${route.id}`;
  const found = stage
    .all('AWS::Lambda::Function')
    .filter(({ Properties }) => Properties.FunctionName === name);
  const [lambda] = found;
  assert.ok(lambda !== undefined && found.length === 1, `one function ${name}`);
  return lambda;
};

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * The policy statements of a route's role, without the permission to send traces, which has no resource and which every
 * function has.
 */
const statementsOf = (route: Route): Statement[] => {
  const role = lambdaOf(route).Properties.Role['Fn::GetAtt'][0] as string;
  const statements = stage
    .all('AWS::IAM::Policy')
    .filter(({ Properties }) => Properties.Roles.some((one: { Ref: string }) => one.Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);
  assert.equal(statements.filter(isTracing).length, 1, route.id);
  return statements.filter((one) => !isTracing(one));
};

/** A reference without the wildcard characters at the end of an ARN: what remains identifies the secret. */
const logicalName = (reference: unknown): string => JSON.stringify(reference).replaceAll(/-\?{6}/g, '');

suite('the table, the handler files and the synthesized routes are one set', () => {
  test('every route has its handler file, and every handler file its route', () => {
    const files = globSync('*/handlers/*.ts', { cwd: functionsRoot });
    assert.deepEqual(files.toSorted(), allRoutes.map(handlerFile).toSorted());
  });

  test('every handler file takes its own route from the table', () => {
    for (const route of allRoutes) {
      const source = readFileSync(join(functionsRoot, handlerFile(route)), 'utf8');
      const name = route.id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      const known = [`${name} as route`, 'as route'];
      assert.ok(
        known.some((text) => source.includes(text)),
        `${handlerFile(route)} imports its route`,
      );
      assert.match(source, /export const handler\b/);
    }
  });

  test('a function has longer than its answer may take, and API Gateway waits for both', () => {
    for (const route of httpRoutes) {
      const { Timeout } = lambdaOf(route).Properties;
      assert.ok(Timeout > (route.answersWithin ?? 6) + 5 && Timeout <= 29, `${route.id}: ${Timeout}`);
    }
    // What it waits for has 12 s (functions/gateways/image-decoder.ts).
    assert.ok((httpRoutes.find(({ id }) => id === 'complete-attachment')?.answersWithin ?? 0) > 12);
  });

  test('what answers a page, and what adds to one, answers with a slash at its end, too', () => {
    const pages = httpRoutes.filter((route) => {
      const body = route.responses[200]?.body;
      return route.method === 'GET' && body != null && 'shape' in body && 'items' in (body.shape as object);
    });
    assert.ok(pages.length > 10, String(pages.length));
    const paths = new Set(pages.map(({ path }) => path));
    const adding = httpRoutes.filter(({ method, path }) => method === 'POST' && paths.has(path));
    assert.deepEqual(
      [...pages, ...adding].filter((route) => route.collection !== true).map(({ id }) => id),
      [],
    );
  });

  test('ids and keys are unique', () => {
    const ids = allRoutes.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const keys = httpRoutes.flatMap(routeKeysOf);
    assert.equal(new Set(keys).size, keys.length);
  });

  test('the HTTP API has exactly the routes of the table', () => {
    const httpApi = stage.all('AWS::ApiGatewayV2::Route').filter(({ stack }) => stack.includes('-http-'));
    const expected = [...httpRoutes, fallbackRoute].flatMap(routeKeysOf);
    assert.deepEqual(
      httpApi.map(({ Properties }) => String(Properties.RouteKey)).toSorted(),
      expected.toSorted(),
    );
  });

  test('the WebSocket API has exactly the routes of the table, and asks the authorizer on $connect', () => {
    const routes = stage
      .all('AWS::ApiGatewayV2::Route')
      .filter(({ stack }) => stack.endsWith('websocket-api'));
    assert.deepEqual(
      routes.map(({ Properties }) => String(Properties.RouteKey)).toSorted(),
      webSocketRoutes.map(({ routeKey }) => routeKey).toSorted(),
    );
    for (const { Properties } of routes) {
      assert.equal(
        Properties.AuthorizationType,
        Properties.RouteKey === '$connect' ? 'CUSTOM' : 'NONE',
        Properties.RouteKey,
      );
    }
  });

  test('every function of the stage is a route’s', () => {
    const names = stage
      .all('AWS::Lambda::Function')
      .map(({ Properties }) => Properties.FunctionName as string | undefined)
      // CDK's own function, which closes the VPC's default security group.
      .filter((name) => name !== undefined);
    assert.deepEqual(names.toSorted(), allRoutes.map(({ id }) => `chat-service-production-${id}`).toSorted());
  });
});

suite('every request has a rate limit', () => {
  test('or its route says why not', () => {
    for (const route of [...httpRoutes, fallbackRoute, ...webSocketRoutes]) {
      if (typeof route.rateLimit !== 'string')
        assert.match(route.rateLimit.unlimitedBecause, /^[A-Z].{20,}\.$/, route.id);
    }
  });

  test('which no change and no frame does', () => {
    const changes = httpRoutes.filter((route) => route.auth === 'user' && !readsOnly(route));
    const frames = webSocketRoutes.filter(({ routeKey }) => routeKey !== '$disconnect');
    for (const route of [...changes, ...frames]) assert.notEqual(rateLimitOf(route), undefined, route.id);
  });

  test('and is taken ahead of the work, but where the service takes it', () => {
    const byService = [...httpRoutes, ...webSocketRoutes].filter(
      (route) => rateLimitOf(route) !== undefined && rateLimitOfTransport(route) === undefined,
    );
    assert.deepEqual(
      byService.map(({ id }) => id),
      ['log-in', 'refresh-session', 'send-message', 'add-reaction', 'remove-reaction', 'receive-message'],
    );
  });
});

suite('what a function is given follows from its needs', () => {
  const variablesOf = (need: Need): string[] => Object.keys(environmentSchemas[need].shape);
  const allVariables = new Set(Object.keys(environmentSchemas).flatMap((need) => variablesOf(need as Need)));

  test('environment variables', () => {
    for (const route of allRoutes) {
      const given = Object.keys(lambdaOf(route).Properties.Environment.Variables);
      const expected = [...new Set([...needsOf(route)].flatMap(variablesOf))];
      assert.deepEqual(
        given.filter((name) => allVariables.has(name)).toSorted(),
        expected.toSorted(),
        route.id,
      );
    }
  });

  test('a place in the VPC', () => {
    for (const route of allRoutes) {
      const inVpc = lambdaOf(route).Properties.VpcConfig !== undefined;
      assert.equal(inVpc, needsOf(route).has('mysql'), route.id);
    }
  });

  test('permissions, and the items that they end at', () => {
    const readSecret = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];
    const on = (items: string, ...operations: readonly string[]): string[] =>
      operations.map((operation) => `dynamodb:${operation} ${items}`);
    const consuming = [
      'ReceiveMessage',
      'ChangeMessageVisibility',
      'GetQueueUrl',
      'DeleteMessage',
      'GetQueueAttributes',
    ].map((operation) => `sqs:${operation}`);
    const rightsOf: Record<Need, string[]> = {
      mysql: readSecret,
      'mysql-owner': readSecret,
      mongodb: readSecret,
      'signing-keys': readSecret,
      'verification-keys': readSecret,
      'signing-keys-rotation': [...readSecret, 'secretsmanager:PutSecretValue'],
      'connections-read': ['dynamodb:BatchGetItem'],
      connections: ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
      'all-connections': ['dynamodb:Scan'],
      'session-check': on('user#*', 'GetItem'),
      'session-list': on('user#*', 'Query'),
      sessions: on('user#*', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'Query'),
      'issue-tickets': on('ticket#*', 'PutItem'),
      'redeem-tickets': on('ticket#*', 'DeleteItem'),
      'rate-limits': on('limit#*', 'GetItem', 'UpdateItem'),
      moderators: [],
      post: ['execute-api:ManageConnections'],
      // test/infra/files.test.ts holds the prefixes that they end at.
      'upload-forms': ['s3:PutObject'],
      'file-intake': ['s3:ListBucket', 's3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      'image-decoding': ['s3:GetObject', 's3:PutObject'],
      'image-decoder': ['lambda:InvokeFunction'],
      avatars: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      'avatar-urls': [],
      'file-removal': ['s3:DeleteObject'],
      'file-urls': readSecret,
      'totp-key': readSecret,
      'request-mail': ['lambda:InvokeFunction'],
      'send-mail': ['ses:SendEmail'],
      'session-checks': on('user#*', 'BatchGetItem'),
      'push-hosts': [],
      'push-info': [],
      'dispatch-queue': ['sqs:SendMessage'],
      'push-queue': ['sqs:SendMessage'],
      'push-claims': on('push#*', 'GetItem', 'UpdateItem'),
      'push-keys': readSecret,
    };
    for (const route of allRoutes) {
      const others = statementsOf(route);
      const granted = new Set(
        others.flatMap(({ Action, Condition }) => {
          const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
          return [Action]
            .flat()
            .map((action) => (keys === undefined ? action : `${action} ${[keys].flat().join()}`));
        }),
      );
      const expected = new Set([
        ...[...needsOf(route)].flatMap((need) => rightsOf[need]),
        ...(route.transport === 'consumer' ? consuming : []),
      ]);
      assert.deepEqual([...granted].toSorted(), [...expected].toSorted(), route.id);
      for (const { Resource } of others) assert.notEqual(Resource, '*', route.id);
    }
  });

  test('the secrets that it may read are those that its environment names', () => {
    for (const route of allRoutes) {
      const named = Object.entries(lambdaOf(route).Properties.Environment.Variables)
        .filter(([name]) => name.endsWith('_SECRET_ARN'))
        .map(([, value]) => logicalName(value));
      const readable = statementsOf(route)
        .filter(({ Action }) => [Action].flat().includes('secretsmanager:GetSecretValue'))
        .flatMap(({ Resource }) => [Resource].flat().map(logicalName));
      assert.deepEqual([...new Set(readable)].toSorted(), [...new Set(named)].toSorted(), route.id);
    }
  });

  test('private keys and the schema are within reach of those alone that sign and migrate', () => {
    const with_ = (variable: string): string[] =>
      allRoutes
        .filter((route) => variable in lambdaOf(route).Properties.Environment.Variables)
        .map(({ id }) => id);
    assert.deepEqual(with_('SIGNING_KEYS_SECRET_ARN').toSorted(), [
      'create-signing-key',
      'log-in',
      'refresh-session',
      'rotate-signing-keys',
    ]);
    assert.deepEqual(with_('MYSQL_OWNER_SECRET_ARN'), ['migrate']);
  });

  test('the drivers in its bundle', async () => {
    const packages: Record<string, readonly Need[]> = {
      mysql2: ['mysql'],
      kysely: ['mysql'],
      mongodb: ['mongodb'],
      '@aws-sdk/client-dynamodb': [
        'connections-read',
        'connections',
        'all-connections',
        'session-check',
        'session-list',
        'sessions',
        'issue-tickets',
        'redeem-tickets',
        'rate-limits',
        'session-checks',
        'push-claims',
      ],
      '@aws-sdk/client-secrets-manager': [
        'mysql',
        'mongodb',
        'signing-keys',
        'verification-keys',
        'signing-keys-rotation',
        'totp-key',
        'file-urls',
        'push-keys',
      ],
      '@aws-sdk/client-apigatewaymanagementapi': ['post'],
    };
    const wrong: string[] = [];
    const outputs = Object.entries((await stage.metafile()).outputs);
    for (const route of allRoutes) {
      const [, output] = outputs.find(([file]) => file.endsWith(`/${route.id}/index.mjs`)) ?? [];
      assert.ok(output !== undefined, route.id);
      const inputs = Object.keys(output.inputs);
      for (const [name, needs] of Object.entries(packages)) {
        const bundled = inputs.some((input) => input.includes(`node_modules/${name}/`));
        const needed = needs.some((need) => needsOf(route).has(need));
        if (bundled !== needed) wrong.push(`${route.id} ${needed ? 'needs' : 'does without'} ${name}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  test('whatever hashes with bcrypt, or decodes, has a whole vCPU', () => {
    for (const route of allRoutes) {
      const { MemorySize } = lambdaOf(route).Properties;
      assert.equal(MemorySize, route.load === undefined ? 512 : 1769, route.id);
    }
  });
});
