import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { needsOf } from '../../functions/contract/route.ts';
import { allRoutes } from '../../functions/contract/table.ts';
import { parseStageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig, stageNames } from '../../lib/config/stages.ts';
import { AtlasCluster } from '../../lib/constructs/atlas-cluster.ts';
import { everything } from '../support/everything.ts';
import { provisioned } from '../support/provisioned.ts';
import { synthesize, type SynthesizedStage, type TemplateResource } from '../support/synthesized.ts';

const ATLAS = /^MongoDB::Atlas::/;
const made = await synthesize(provisioned);

const only = (stage: SynthesizedStage, type: string): TemplateResource => {
  const [resource, ...others] = stage.all(type);
  assert.ok(resource !== undefined && others.length === 0, `one ${type}`);
  return resource;
};

/** Atlas's database users by the id of the route whose role they represent. */
const usersOf = (stage: SynthesizedStage, name: string): Map<string, TemplateResource> => {
  const functions = stage.all('AWS::Lambda::Function');
  return new Map(
    stage.all('MongoDB::Atlas::DatabaseUser').map((user) => {
      const [role, attribute] = user.Properties.Username['Fn::GetAtt'] as [string, string];
      assert.equal(attribute, 'Arn');
      const lambda = functions.find(
        ({ stack, Properties }) => stack === user.stack && Properties.Role['Fn::GetAtt'][0] === role,
      );
      assert.ok(lambda !== undefined, user.logicalId);
      assert.ok(lambda.DependsOn?.includes(user.logicalId), `${user.logicalId} comes before its function`);
      return [String(lambda.Properties.FunctionName).replace(`chat-service-${name}-`, ''), user];
    }),
  );
};

suite('a stage that makes its own cluster at MongoDB Atlas', () => {
  test('has it in its own region, with three members, backed up, and as protected as other data', () => {
    const { Properties, DeletionPolicy, stack } = only(made, 'MongoDB::Atlas::Cluster');
    assert.equal(stack, 'chat-service-provisioned-atlas');
    assert.equal(DeletionPolicy, 'RetainExceptOnCreate');
    assert.equal(Properties.TerminationProtectionEnabled, true);
    assert.equal(Properties.BackupEnabled, true);
    assert.equal(Properties.PitEnabled, true);
    assert.equal(Properties.MongoDBMajorVersion, '8.0');
    const [{ AdvancedRegionConfigs: regions }] = Properties.ReplicationSpecs;
    assert.equal(regions.length, 1);
    assert.equal(regions[0].ProviderName, 'AWS');
    assert.equal(regions[0].RegionName, 'EU_CENTRAL_1');
    assert.deepEqual(regions[0].ElectableSpecs, { InstanceSize: 'M30', NodeCount: 3 });
  });

  test('lets in the NAT gateways and nobody else', () => {
    const list = only(made, 'MongoDB::Atlas::ProjectIpAccessList').Properties.AccessList as {
      IPAddress: { 'Fn::ImportValue': string };
    }[];
    const addresses = made.all('AWS::EC2::EIP').map(({ logicalId }) => logicalId);
    const used = made
      .all('AWS::EC2::NatGateway')
      .map(({ Properties }) => String(Properties.AllocationId['Fn::GetAtt'][0]));
    assert.deepEqual(addresses.toSorted(), used.toSorted());
    assert.equal(list.length, addresses.length);
    for (const [index, entry] of list.entries()) {
      assert.deepEqual(Object.keys(entry).toSorted(), ['Comment', 'IPAddress']);
      const [stack, output] = entry.IPAddress['Fn::ImportValue'].split(':');
      assert.equal(stack, 'chat-service-provisioned-network');
      assert.match(String(output), new RegExp(`FnGetAtt${addresses[index]}PublicIp`));
    }
  });

  test('has a user for the role of each function that needs MongoDB, and for no other', () => {
    const needing = allRoutes.filter((route) => needsOf(route).has('mongodb'));
    assert.deepEqual(
      [...usersOf(made, 'provisioned').keys()].toSorted(),
      needing.map(({ id }) => id).toSorted(),
    );
    // Only from inside the VPC do functions have the addresses that are let in.
    for (const route of needing) assert.ok(needsOf(route).has('mysql'), route.id);
  });

  test('a user reaches one database of that cluster, and writes where its route does', () => {
    const users = usersOf(made, 'provisioned');
    for (const [id, { Properties }] of users) {
      assert.equal(Properties.AWSIAMType, 'ROLE', id);
      assert.equal(Properties.DatabaseName, '$external', id);
      assert.deepEqual(Properties.Scopes, [{ Name: 'chat-service-provisioned', Type: 'CLUSTER' }], id);
      assert.equal(Properties.Roles.length, 1, id);
      assert.equal(Properties.Roles[0].DatabaseName, 'chat', id);
    }
    const readers = [...users].filter(([, { Properties }]) => Properties.Roles[0].RoleName === 'read');
    assert.deepEqual(readers.map(([id]) => id).toSorted(), [
      'dispatch-messages',
      'get-chat',
      'get-health',
      'get-message',
      'get-report',
      'list-chats',
      'list-mentions',
      'list-messages',
      'list-pins',
      'search-messages',
      'sync',
    ]);
    for (const id of ['migrate', 'send-message', 'receive-message', 'reap-orphans']) {
      assert.equal(users.get(id)?.Properties.Roles[0].RoleName, 'readWrite', id);
    }
  });

  test('tells functions where it is by the secret that they read anyway, in which no password is', () => {
    const secret = made
      .all('AWS::SecretsManager::Secret')
      .find(({ Properties }) => Properties.Name !== undefined);
    assert.equal(secret?.stack, 'chat-service-provisioned-atlas');
    const { Properties } = secret;
    assert.equal(Properties.Name, provisioned.mongodb.secretName);
    const { logicalId } = only(made, 'MongoDB::Atlas::Cluster');
    assert.deepEqual(Properties.SecretString['Fn::Join'], [
      '',
      [
        { 'Fn::GetAtt': [logicalId, 'ConnectionStrings.StandardSrv'] },
        '/?authMechanism=MONGODB-AWS&authSource=%24external',
      ],
    ]);
    for (const resource of made.resources) {
      const text = JSON.stringify(resource.Properties ?? {});
      assert.doesNotMatch(text, /mongodb(\+srv)?:\/\//, resource.logicalId);
      if (ATLAS.test(resource.Type)) assert.doesNotMatch(text, /password|key/i, resource.logicalId);
    }
  });

  test('has the cluster before anything looks for it', () => {
    const needed = made.dependencies.get('chat-service-provisioned-migration');
    assert.ok(needed?.has('chat-service-provisioned-atlas'));
  });
});

test('what need not be retained goes with its stack', () => {
  const { cluster } = provisioned.mongodb;
  assert.ok(cluster !== undefined);
  const app = new App();
  const config = parseStageConfig('passing', { ...provisioned, retainData: false });
  new AtlasCluster(new Stack(app, 'passing'), 'Atlas', { cluster, config });
  const { Resources } = app.synth().getStackByName('passing').template as {
    Resources: Record<string, TemplateResource>;
  };
  const [resource, ...others] = Object.values(Resources);
  assert.ok(resource?.Type === 'MongoDB::Atlas::Cluster' && others.length === 0);
  assert.equal(resource.Properties.TerminationProtectionEnabled, false);
  assert.equal(resource.DeletionPolicy, 'Delete');
});

test('by PrivateLink nobody is let in by address, and the connection string stays a person’s', async () => {
  const linked = await synthesize(everything);
  only(linked, 'MongoDB::Atlas::Cluster');
  assert.deepEqual(linked.all('MongoDB::Atlas::ProjectIpAccessList'), []);
  assert.ok(
    linked
      .all('AWS::SecretsManager::Secret')
      .every(({ Properties }) => Properties.Name !== everything.mongodb.secretName),
  );
  assert.equal(usersOf(linked, 'everything').size, usersOf(made, 'provisioned').size);
});

test('no stage has anything of Atlas that does not ask for it', async () => {
  for (const stage of stageNames) {
    assert.equal(stageConfig(stage).mongodb.cluster, undefined, stage);
  }
  for (const stage of ['production', 'dev']) {
    assert.deepEqual(
      (await synthesize(stage)).resources.filter(({ Type }) => ATLAS.test(Type)),
      [],
      stage,
    );
  }
});
