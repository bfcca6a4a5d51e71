import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { HttpRoute as RouteData } from '../../functions/contract/route.ts';
import { httpRoutes, webSocketRoutes } from '../../functions/contract/table.ts';
import { HttpRoute } from '../../lib/constructs/http-route.ts';
import { throttledRouteKeys } from '../../lib/stacks/http-entry-stack.ts';
import { everything } from '../support/everything.ts';
import { synthesize, type SynthesizedStage } from '../support/synthesized.ts';

const production = await synthesize('production');
const full = await synthesize(everything);

/** The arguments of all uses of an intrinsic function in a stage's resources. */
const usesOf = (stage: SynthesizedStage, intrinsic: string): unknown[] => {
  const found: unknown[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (key === intrinsic) found.push(item);
        walk(item);
      }
    }
  };
  walk(stage.resources);
  return found;
};

suite('between stacks', () => {
  test('what network, data and the APIs produce is imported: CloudFormation protects it, and keeps consumers current', () => {
    for (const stage of [production, full]) {
      const weak = usesOf(stage, 'Fn::GetStackOutput') as { StackName: string; OutputName: string }[];
      // What only watches may go with what it watches.
      for (const { StackName, OutputName } of weak) {
        assert.match(`${StackName} ${OutputName}`, /-jobs \w*DeadLetters|-http-api \w*ReleaseAlarm/);
      }
    }
  });

  test('every import has its export', () => {
    for (const stage of [production, full]) {
      const exported = new Set(
        [...stage.outputs.values()].flatMap((outputs) =>
          Object.values(outputs).map((output) => output.Export?.Name),
        ),
      );
      const imported = usesOf(stage, 'Fn::ImportValue') as string[];
      assert.ok(imported.length > 100);
      for (const name of imported) assert.ok(exported.has(name), name);
    }
  });

  test('stores and network export what functions may need, needed or not: no release takes an export away', () => {
    // Functions of production go through the proxy; those of a stage that gets one now still import this.
    const outputs = Object.keys(production.outputs.get('chat-service-production-data') ?? {});
    assert.ok(outputs.some((name) => /EndpointAddress/.test(name)));
    assert.ok(outputs.some((name) => /ProxyFF\w*Endpoint/.test(name)));
    // Nobody imports it, for Atlas's access list is kept by hand there.
    const network = production.outputs.get('chat-service-production-network') ?? {};
    assert.ok(Object.keys(network).some((name) => /EIP\w*PublicIp/.test(name)));
  });
});

suite('a route', () => {
  /** The resources of API Gateway that each of the routes becomes, by logical id. */
  const resourcesOf = (routes: readonly RouteData[]): Record<string, string>[] => {
    const app = new App();
    for (const [index, route] of routes.entries()) {
      const stack = new Stack(app, `route-${index}`);
      const api = HttpApi.fromHttpApiAttributes(stack, 'Api', { httpApiId: 'api' });
      const lambda = LambdaFunction.fromFunctionAttributes(stack, 'Function', {
        functionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${route.id}`,
        sameEnvironment: true,
      });
      new HttpRoute(stack, api, route, lambda);
    }
    const assembly = app.synth();
    return routes.map((_, index) => {
      const { Resources } = assembly.getStackByName(`route-${index}`).template as {
        Resources: Record<string, { Type: string }>;
      };
      return Object.fromEntries(Object.entries(Resources).map(([id, { Type }]) => [id, Type]));
    });
  };
  const resources = resourcesOf(httpRoutes);

  test('stays the same resources when its function or a path variable gets another name', () => {
    const renamed = httpRoutes.map((route) => ({
      ...route,
      id: `renamed-${route.id}`,
      path: route.path.replaceAll(/\{\w+\}/g, '{renamed}') as RouteData['path'],
    }));
    assert.deepEqual(resourcesOf(renamed), resources);
  });

  test('is told from every other by its method and path alone', () => {
    const ids = resources.flatMap((each) => Object.keys(each));
    assert.equal(new Set(ids).size, ids.length);
  });

  test('of the WebSocket API keeps its resources too when its function gets another name', () => {
    const frames = full.all('AWS::ApiGatewayV2::Integration').filter(({ stack }) => /websocket/.test(stack));
    // Of the route key and CDK's hash, and of nothing else.
    const keys = webSocketRoutes.map(
      ({ routeKey }) => `Api${routeKey.replaceAll(/\W/g, '')}RouteIntegration`,
    );
    const ids = frames.map(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, ''));
    assert.deepEqual(ids.toSorted(), keys.toSorted());
  });

  test('that is about to be removed loses its throttle first', () => {
    const throttled = httpRoutes.filter(({ load }) => load === 'password');
    assert.equal(throttledRouteKeys(throttled).length, throttled.length);
    assert.deepEqual(throttledRouteKeys(throttled.map((route) => ({ ...route, retiring: true }))), []);
  });
});

suite('what holds data', () => {
  const dataTypes = [
    'AWS::RDS::DBCluster',
    'AWS::RDS::DBInstance',
    'AWS::RDS::DBSubnetGroup',
    'AWS::RDS::DBClusterParameterGroup',
    'AWS::DynamoDB::GlobalTable',
    'AWS::SecretsManager::Secret',
    'AWS::S3::Bucket',
    'MongoDB::Atlas::Cluster',
  ];

  test('outlives its stack in production, but not its own failed creation', () => {
    const held = full.resources.filter(
      ({ stack, Type, Properties }) =>
        // The page, the address of Atlas's cluster, and what CloudFront shows the API, are made again.
        dataTypes.includes(Type) &&
        !stack.endsWith('-web') &&
        Properties.Name !== everything.mongodb.secretName &&
        !String(Properties.Name).startsWith('chat-service/everything/edge-'),
    );
    assert.ok(new Set(held.map(({ Type }) => Type)).size === dataTypes.length);
    for (const { logicalId, DeletionPolicy, UpdateReplacePolicy } of held) {
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['RetainExceptOnCreate', 'Retain'], logicalId);
    }
  });

  test('nothing else is kept when its creation fails either, but for the role that API Gateway writes all logs by', () => {
    for (const stage of [production, full]) {
      const kept = stage.resources.filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
      // The setting of the account names the role of the last deployment, whatever became of that.
      assert.deepEqual(
        kept.map(({ Type, stack }) => [Type, stack.replace(/^chat-service-[a-z]+-/, '')]),
        [
          ['AWS::IAM::Role', 'websocket-api'],
          ['AWS::ApiGateway::Account', 'websocket-api'],
        ],
      );
      assert.match(String(kept[0]?.logicalId), /^Logging/);
    }
  });

  test('Aurora stays on its long-term version', () => {
    for (const { Properties } of production.all('AWS::RDS::DBInstance')) {
      assert.equal(Properties.AutoMinorVersionUpgrade, false);
    }
    assert.match(
      String(production.all('AWS::RDS::DBCluster')[0]?.Properties.EngineVersion),
      /mysql_aurora\.3\.10\./,
    );
  });
});

test('a stage that names its account is synthesized without looking anything up in it', () => {
  assert.notEqual(everything.account, undefined);
  assert.deepEqual(full.lookups, []);
});
