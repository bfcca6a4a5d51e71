import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { httpRoutes, routeKeysOf, webSocketRoutes } from '../../functions/contract/table.ts';
import { everything } from '../support/everything.ts';
import { synthesize, validatedStages, type TemplateResource } from '../support/synthesized.ts';

const production = await synthesize('production');
const dev = await synthesize('dev');
const full = await synthesize(everything);

/** A metric that an alarm looks at. */
interface MetricOfAlarm {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
}

const only = (stage: typeof production, type: string): TemplateResource => {
  const [resource, ...others] = stage.all(type);
  assert.ok(resource !== undefined && others.length === 0, `one ${type}`);
  return resource;
};

suite('production', () => {
  test('MySQL is encrypted, protected, backed up for 35 days, and speaks TLS only', () => {
    const cluster = only(production, 'AWS::RDS::DBCluster');
    assert.equal(cluster.DeletionPolicy, 'RetainExceptOnCreate');
    const { Properties } = cluster;
    assert.equal(Properties.StorageEncrypted, true);
    assert.equal(Properties.DeletionProtection, true);
    assert.equal(Properties.BackupRetentionPeriod, 35);
    assert.equal(Properties.ManageMasterUserPassword, true);
    assert.equal(Properties.MasterUserPassword, undefined);
    const parameters = only(production, 'AWS::RDS::DBClusterParameterGroup').Properties.Parameters;
    assert.equal(parameters.require_secure_transport, 'ON');
    assert.equal(only(production, 'AWS::RDS::DBProxy').Properties.RequireTLS, true);
    const instances = production.all('AWS::RDS::DBInstance');
    assert.equal(instances.length, 2);
    for (const instance of instances) {
      assert.equal(instance.Properties.EnablePerformanceInsights, true);
      assert.notEqual(instance.Properties.PubliclyAccessible, true);
    }
  });

  test('no way leads to MySQL but from functions and its proxy, nor out of its subnets', () => {
    const ingress = production.all('AWS::EC2::SecurityGroupIngress');
    assert.equal(ingress.length, 2, 'from functions, and from the proxy');
    for (const { Properties } of ingress) {
      assert.equal(Properties.CidrIp, undefined);
      assert.notEqual(Properties.SourceSecurityGroupId, undefined);
    }
    for (const { Properties } of production.all('AWS::EC2::SecurityGroup')) {
      assert.equal(Properties.SecurityGroupIngress, undefined);
    }
    const routes = production.all('AWS::EC2::Route');
    assert.ok(!JSON.stringify(routes).includes('databaseSubnet'));
    for (const { Properties } of production.all('AWS::EC2::Subnet')) {
      assert.equal(Properties.MapPublicIpOnLaunch, false);
    }
  });

  test('tables are encrypted, protected, recoverable, and forget what has expired', () => {
    const tables = production.all('AWS::DynamoDB::GlobalTable');
    assert.equal(tables.length, 2);
    for (const { Properties, DeletionPolicy } of tables) {
      assert.equal(DeletionPolicy, 'RetainExceptOnCreate');
      assert.equal(Properties.SSESpecification.SSEEnabled, true);
      assert.deepEqual(Properties.TimeToLiveSpecification, { AttributeName: 'expires_at', Enabled: true });
      for (const replica of Properties.Replicas) {
        assert.equal(replica.DeletionProtectionEnabled, true);
        assert.equal(replica.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true);
      }
    }
  });

  test('no function, nor anything else of ours, may do whatever it likes', () => {
    for (const { Properties, stack, logicalId } of production.all('AWS::IAM::Policy')) {
      // CDK's own function that copies the page; test/infra/nag.test.ts holds what it may.
      if (logicalId.startsWith('CustomCDKBucketDeployment')) continue;
      for (const { Action } of Properties.PolicyDocument.Statement as { Action: string | string[] }[]) {
        for (const action of [Action].flat()) {
          assert.ok(!action.includes('*'), `${stack}/${logicalId} may ${action}`);
        }
      }
    }
  });

  test('browsers call the API from named origins by HTTPS, and every handshake is asked for its token', () => {
    const apis = production.all('AWS::ApiGatewayV2::Api');
    const origins = apis.flatMap(
      ({ Properties }) => Properties.CorsConfiguration?.AllowOrigins ?? [],
    ) as string[];
    assert.ok(origins.length > 0);
    for (const origin of origins) assert.match(origin, /^https:\/\/[^*]+$/);
    const connect = production
      .all('AWS::ApiGatewayV2::Route')
      .find(({ Properties }) => Properties.RouteKey === '$connect');
    assert.equal(connect?.Properties.AuthorizationType, 'CUSTOM');
    assert.notEqual(connect.Properties.AuthorizerId, undefined);
  });

  test('access is logged without query strings, paths, headers or frames', () => {
    const stages = production.all('AWS::ApiGatewayV2::Stage');
    assert.equal(stages.length, 2);
    for (const { Properties } of stages) {
      const variables = Object.values(
        JSON.parse(Properties.AccessLogSettings.Format) as Record<string, string>,
      );
      assert.ok(variables.length > 5);
      for (const variable of variables) assert.doesNotMatch(variable, /query|path|header|authorizer|body/i);
      assert.notEqual(Properties.DefaultRouteSettings.DataTraceEnabled, true);
    }
  });

  test('routes that hash passwords have a throttle of their own', () => {
    const stage = production
      .all('AWS::ApiGatewayV2::Stage')
      .find(({ Properties }) => Properties.StageName === '$default');
    const expected = httpRoutes.filter(({ load }) => load === 'password').flatMap(routeKeysOf);
    assert.deepEqual(Object.keys(stage?.Properties.RouteSettings).toSorted(), expected.toSorted());
    assert.ok(expected.length >= 3);
    assert.equal(stage?.Properties.DefaultRouteSettings.ThrottlingRateLimit, 5000);
  });

  test('callers reach functions by aliases, whose traffic CodeDeploy shifts and takes back', () => {
    const aliases = production.all('AWS::Lambda::Alias');
    assert.equal(aliases.length, httpRoutes.length + 1 + 10);
    for (const alias of aliases) {
      assert.notEqual(alias.UpdatePolicy?.CodeDeployLambdaAliasUpdate, undefined, alias.logicalId);
    }
    for (const { Properties } of production.all('AWS::CodeDeploy::DeploymentGroup')) {
      assert.equal(Properties.AlarmConfiguration.Alarms.length, 1);
      assert.ok(Properties.AutoRollbackConfiguration.Events.includes('DEPLOYMENT_STOP_ON_ALARM'));
    }
    for (const { Properties } of production.all('AWS::ApiGatewayV2::Integration')) {
      assert.match(JSON.stringify(Properties.IntegrationUri), /Live/);
    }
  });

  test('a release of the WebSocket API is taken back by what its functions fail at, and not by refused handshakes', () => {
    const alarms = production
      .all('AWS::CloudWatch::Alarm')
      .filter(({ stack }) => stack.endsWith('-websocket-api'));
    const metrics = alarms
      .flatMap(({ Properties }) => Properties.Metrics as { MetricStat?: { Metric: MetricOfAlarm } }[])
      .flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
    const watched = metrics.map(({ Namespace, MetricName, Dimensions }) =>
      [Namespace, MetricName, Dimensions[0]?.Value].join(' '),
    );
    assert.deepEqual(
      watched.toSorted(),
      [
        'ChatService FailedFrames production',
        ...webSocketRoutes.map(({ id }) => `AWS/Lambda Errors chat-service-production-${id}`),
      ].toSorted(),
    );
    const group = production
      .all('AWS::CodeDeploy::DeploymentGroup')
      .find(({ stack }) => stack.endsWith('-websocket-api'));
    assert.equal(group?.Properties.AlarmConfiguration.Alarms.length, alarms.length);
  });

  test('no alarm counts integration errors of the WebSocket API, among which refused handshakes are', () => {
    const alarms = production.all('AWS::CloudWatch::Alarm');
    assert.ok(!JSON.stringify(alarms).includes('IntegrationError'));
  });

  test('functions that reach MySQL have a bound, and traces and logs with an end', () => {
    for (const { Properties } of production.all('AWS::Lambda::Function')) {
      if (Properties.FunctionName === undefined) continue;
      assert.equal(Properties.TracingConfig?.Mode, 'Active', Properties.FunctionName);
      if (Properties.VpcConfig !== undefined) {
        assert.ok(Properties.ReservedConcurrentExecutions > 0, Properties.FunctionName);
      }
    }
    for (const { Properties, logicalId } of production.all('AWS::Logs::LogGroup')) {
      assert.equal(Properties.RetentionInDays, 90, logicalId);
    }
  });

  test('the stores are migrated before any stack with functions of an API is touched', () => {
    const [trigger] = production.all('Custom::Trigger');
    assert.match(trigger?.stack ?? '', /-migration$/);
    for (const [stack, needed] of production.dependencies) {
      const serves = /-(websocket-api|http-(users|chats|messages|system)|jobs)$/.test(stack);
      if (serves) assert.ok(needed.has('chat-service-production-migration'), stack);
    }
    assert.ok(
      production.dependencies.get('chat-service-production-migration')?.has('chat-service-production-data'),
    );
  });
});

test('each stack has fewer than 300 resources', (t) => {
  for (const [stack, members] of Map.groupBy(full.resources, (resource) => resource.stack)) {
    t.diagnostic(`${stack}: ${members.length}`);
    assert.ok(members.length < 300, `${stack} has ${members.length} resources`);
  }
});

/** The empty lists of a stage's resources: their types, and where in the properties they are. */
const emptyLists = (stage: typeof production): string[] => {
  const found = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value) && value.length === 0) found.add(path);
    // An index says nothing about the kind.
    for (const [key, item] of Object.entries(value))
      walk(item, Array.isArray(value) ? path : `${path}.${key}`);
  };
  for (const { Type, Properties } of stage.resources) walk(Properties, Type);
  return [...found];
};

test('no list is empty but where CloudFormation takes an empty one', () => {
  for (const stage of [production, dev, full]) {
    // It says that nothing of the request is asked for before the authorizer is.
    assert.deepEqual(emptyLists(stage), ['AWS::ApiGatewayV2::Authorizer.IdentitySource']);
  }
});

test('no template has more values that CloudFormation looks up than it takes in one', (t) => {
  for (const stage of [production, dev, full]) {
    for (const [stack, members] of Map.groupBy(stage.resources, (resource) => resource.stack)) {
      const references = JSON.stringify(members).match(/\{\{resolve:/g)?.length ?? 0;
      if (references > 30) t.diagnostic(`${stack}: ${references} of 60`);
      // CloudFormation takes 60. With `edge` each function of the HTTP API has two: where a stack comes near, cut it in two
      // (`groupOf` in lib/stacks/http-routes-stack.ts).
      assert.ok(references <= 54, `${stack} has ${references} dynamic references`);
    }
  }
});

test('dev pauses, has one NAT gateway, no proxy, and leaves nothing behind', () => {
  const { Properties, DeletionPolicy } = only(dev, 'AWS::RDS::DBCluster');
  assert.equal(Properties.ServerlessV2ScalingConfiguration.MinCapacity, 0);
  assert.equal(DeletionPolicy, 'Delete');
  only(dev, 'AWS::EC2::NatGateway');
  assert.deepEqual(dev.all('AWS::RDS::DBProxy'), []);
  assert.deepEqual(dev.all('AWS::Lambda::Alias'), []);
});

test('Lambda lets every line through that the stage asks for', () => {
  const levels = new Set<string>();
  for (const { Properties } of dev.all('AWS::Lambda::Function')) {
    const level = Properties.Environment?.Variables?.POWERTOOLS_LOG_LEVEL;
    if (level === undefined) continue;
    levels.add(level);
    assert.equal(Properties.LoggingConfig.ApplicationLogLevel, level, Properties.FunctionName);
  }
  assert.deepEqual([...levels], ['DEBUG']);
});

test('no stage has a type of resource that is not held against CloudFormation’s schemas', () => {
  const stages = [production, dev, full];
  const typesOf = (some: readonly (typeof full)[]) =>
    new Set(some.flatMap(({ resources }) => resources.map(({ Type }) => Type)));
  const validated = stages.filter(({ resources }) =>
    [...validatedStages].some((name) => resources[0]?.stack.startsWith(`chat-service-${name}-`) === true),
  );
  assert.equal(validated.length, validatedStages.size);
  const held = typesOf(validated);
  assert.deepEqual(
    [...typesOf(stages)].filter((type) => !held.has(type)),
    [],
  );
});

suite('a stage with everything', () => {
  test('is at names of its own, with certificates and records', () => {
    const names = full
      .all('AWS::ApiGatewayV2::DomainName')
      .map(({ Properties }) => String(Properties.DomainName));
    assert.deepEqual(names.toSorted(), ['api.chat.example.org', 'ws.chat.example.org']);
    assert.equal(full.all('AWS::CertificateManager::Certificate').length, 2);
    // Three of them are those by which SES knows the domain of mails.
    assert.equal(full.all('AWS::Route53::RecordSet').length, 3 + 3);
  });

  test('has a firewall in front of the HTTP API, in the region of CloudFront', () => {
    const firewall = only(full, 'AWS::WAFv2::WebACL');
    assert.match(firewall.stack, /-edge$/);
    assert.equal(firewall.Properties.Scope, 'CLOUDFRONT');
    const behind = full
      .all('AWS::CloudFront::Distribution')
      .filter(({ Properties }) => Properties.DistributionConfig.WebACLId !== undefined);
    assert.equal(behind.length, 1);
  });

  test('can be reached through that firewall alone', () => {
    const api = full
      .all('AWS::ApiGatewayV2::Api')
      .find(({ Properties }) => Properties.ProtocolType === 'HTTP');
    assert.equal(api?.Properties.DisableExecuteApiEndpoint, true);

    const distribution = full
      .all('AWS::CloudFront::Distribution')
      .find(({ Properties }) => Properties.DistributionConfig.WebACLId !== undefined);
    const { Aliases, Origins, DefaultCacheBehavior } = distribution?.Properties.DistributionConfig ?? {};
    assert.deepEqual(Aliases, ['edge.chat.example.org']);
    const [{ HeaderName, HeaderValue }] = Origins[0].OriginCustomHeaders as [Record<string, string>];
    assert.equal(HeaderName, 'x-origin-secret');
    assert.equal(HeaderValue, '{{resolve:secretsmanager:chat-service/everything/edge-1:SecretString:::}}');
    assert.equal(DefaultCacheBehavior.FunctionAssociations[0].EventType, 'viewer-request');

    // Every function of the HTTP API asks for it, and takes that of the deployment before too.
    const functions = full
      .all('AWS::Lambda::Function')
      .filter(({ stack, Properties }) => stack.includes('-http-') && Properties.FunctionName !== undefined);
    assert.equal(functions.length, httpRoutes.length + 1);
    for (const { Properties } of functions) {
      const secrets = String(Properties.Environment.Variables.EDGE_SECRETS).split(',');
      assert.deepEqual(
        secrets,
        [1, 0].map(
          (generation) =>
            `{{resolve:secretsmanager:chat-service/everything/edge-${generation}:SecretString:::}}`,
        ),
      );
    }
    const made = full
      .all('AWS::SecretsManager::Secret')
      .filter(({ Properties }) => String(Properties.Name).includes('/edge-'));
    assert.equal(made.length, 2);
    for (const { Properties } of made) assert.deepEqual(Properties.ReplicaRegions, [{ Region: 'us-east-1' }]);
  });

  test('sends its clients to that firewall', () => {
    const files = full.all('Custom::CDKBucketDeployment').map(({ Properties }) => JSON.stringify(Properties));
    assert.ok(files.length > 0);
    const policies = full.all('AWS::CloudFront::ResponseHeadersPolicy').map((one) => JSON.stringify(one));
    assert.ok(policies.some((policy) => policy.includes('https://edge.chat.example.org/api/v1/')));
    assert.ok(!policies.some((policy) => policy.includes('https://api.chat.example.org')));
  });

  test('reaches Atlas by PrivateLink', () => {
    const endpoints = full
      .all('AWS::EC2::VPCEndpoint')
      .map(({ Properties }) => String(Properties.VpcEndpointType));
    // The other two are of DynamoDB and S3.
    assert.deepEqual(endpoints.toSorted(), ['Gateway', 'Gateway', 'Interface']);
  });
});
