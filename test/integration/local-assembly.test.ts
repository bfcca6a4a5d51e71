import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, suite } from 'node:test';
import { App, CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { loadAssembly, type Assembly } from '../../lib/local/assembly/assembly.ts';
import { physicalResources } from '../../lib/local/assembly/physical-resources.ts';
import { createResolver, type Resolver } from '../../lib/local/assembly/resolver.ts';

const names = {
  account: '123456789012',
  region: 'eu-central-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
} as const;

/** Synthesizes two stacks: one with data, and one with a function that gets the data's names. */
const synthesize = (directory: string): void => {
  const code = join(directory, 'code');
  mkdirSync(code);
  writeFileSync(join(code, 'index.mjs'), 'export const handler = () => 1;');
  const app = new App({ outdir: join(directory, 'cdk.out'), builtinCloudFormationValidation: false });
  const env = { region: names.region };
  const data = new Stack(app, 'data', { env });
  const table = new TableV2(data, 'Table', { partitionKey: { name: 'id', type: AttributeType.NUMBER } });
  const secret = new Secret(data, 'Keys');
  const api = new Stack(app, 'api', { env });
  const webSocketApi = new WebSocketApi(api, 'Api', { routeSelectionExpression: '$request.body.type' });
  const stage = new WebSocketStage(api, 'Stage', { webSocketApi, stageName: 'local', autoDeploy: true });
  new LambdaFunction(api, 'Function', {
    functionName: 'told',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(code),
    environment: {
      TABLE: table.tableName,
      TABLE_ARN: table.tableArn,
      SECRET: secret.secretArn,
      URL: stage.url,
      CALLBACK: stage.callbackUrl,
      IMPORTED: Fn.importValue('shared-value'),
    },
  });
  new CfnOutput(data, 'Shared', {
    value: Fn.join('-', ['a', Fn.ref('AWS::Region')]),
    exportName: 'shared-value',
  });
  app.synth();
};

suite('a cloud assembly', () => {
  const directory = mkdtempSync(join(tmpdir(), 'local-assembly-'));
  let assembly: Assembly;
  let resolver: Resolver;
  before(() => {
    synthesize(directory);
    assembly = loadAssembly(join(directory, 'cdk.out'));
    resolver = createResolver(assembly, { ...names, physical: physicalResources(names) });
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test('is read with its stacks, resources and assets', () => {
    assert.deepEqual([...assembly.stacks.keys()].toSorted(), ['api', 'data']);
    const [resource] = assembly.resourcesOf('AWS::Lambda::Function');
    assert.ok(resource);
    const { Code: code } = resolver.propertiesOf(resource) as { Code: { S3Key: string } };
    assert.ok(existsSync(join(assembly.assetDirectory(code.S3Key), 'index.mjs')));
    assert.throws(() => assembly.assetDirectory('nothing.zip'), /no asset nothing\.zip/);
  });

  test('resolves references within a stack and between stacks', () => {
    const [resource] = assembly.resourcesOf('AWS::Lambda::Function');
    const [table] = assembly.resourcesOf('AWS::DynamoDB::GlobalTable');
    const [secret] = assembly.resourcesOf('AWS::SecretsManager::Secret');
    const [webSocketApi] = assembly.resourcesOf('AWS::ApiGatewayV2::Api');
    assert.ok(resource && table && secret && webSocketApi);
    const { Environment } = resolver.propertiesOf(resource) as {
      Environment: { Variables: Record<string, string> };
    };
    const tableName = resolver.physicalOf(table).ref;
    const host = `${resolver.physicalOf(webSocketApi).ref}.execute-api.eu-central-1.amazonaws.com/local`;
    assert.equal(tableName, `data-${table.logicalId}`);
    assert.deepEqual(Environment.Variables, {
      TABLE: tableName,
      TABLE_ARN: `arn:aws:dynamodb:eu-central-1:123456789012:table/${tableName}`,
      SECRET: resolver.physicalOf(secret).ref,
      URL: `wss://${host}`,
      CALLBACK: `https://${host}`,
      IMPORTED: 'a-eu-central-1',
    });
    assert.match(
      resolver.physicalOf(secret).ref,
      /^arn:aws:secretsmanager:eu-central-1:123456789012:secret:/,
    );
    assert.equal(resolver.physicalOf(resource).ref, 'told');
  });

  for (const [what, value, expected] of [
    ['Fn::Sub', { 'Fn::Sub': '${AWS::Partition}/${!Kept}/${AWS::StackName}' }, 'aws/${Kept}/data'],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${A}.${AWS::URLSuffix}', { A: 'x' }] }, 'x.amazonaws.com'],
    ['Fn::Select and Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['-', 'a-b-c'] }] }, 'b'],
    ['AWS::NoValue', { kept: 1, left: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
    ['Fn::Base64', { 'Fn::Base64': 'chat' }, 'Y2hhdA=='],
    ['Fn::Equals', { 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, '123456789012'] }, true],
    ['Fn::Not', { 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }, true],
    ['Fn::And', { 'Fn::And': [{ 'Fn::Equals': ['a', 'a'] }, { 'Fn::Equals': ['a', 'b'] }] }, false],
    ['Fn::Or', { 'Fn::Or': [{ 'Fn::Equals': ['a', 'a'] }, { 'Fn::Equals': ['a', 'b'] }] }, true],
  ] as const) {
    test(`evaluates ${what}`, () => {
      assert.deepEqual(resolver.resolve(value, 'data'), expected);
    });
  }

  for (const [what, value, message] of [
    ['a function that it does not know', { 'Fn::Transform': {} }, /data: .*Fn::Transform/],
    ['a resource that is not there', { Ref: 'Nobody' }, /data: there is no resource Nobody/],
    ['an export that is not there', { 'Fn::ImportValue': 'nothing' }, /No stack exports nothing/],
  ] as const) {
    test(`refuses ${what}`, () => {
      assert.throws(() => resolver.resolve(value, 'data'), message);
    });
  }
});
